{module, shapes}.  %% version = 0

{exports, [{append,2},
           {apply_it,2},
           {binaries,1},
           {bool,2},
           {build,2},
           {calls,1},
           {catches,1},
           {compare,2},
           {comprehension,1},
           {count,2},
           {deep,1},
           {floats,2},
           {frames,3},
           {funs,1},
           {guards,2},
           {lists,1},
           {maps,1},
           {module_info,0},
           {module_info,1},
           {numbers,2},
           {receives,1},
           {records,1},
           {reverse,2},
           {segments,1},
           {select,1},
           {self_calls,5},
           {strings,1},
           {swap,1},
           {tries,1},
           {tuples,1},
           {two_receives,1}]}.

{attributes, []}.

{labels, 170}.


{function, tuples, 1, 2}.
  {label,1}.
    {line,[{location,"fuzz/code/shapes.erl",8}]}.
    {func_info,{atom,shapes},{atom,tuples},1}.
  {label,2}.
    {test,is_tuple,{f,3},[{x,0}]}.
    {bif,element,{f,0},[{integer,1},{x,0}],{x,1}}.
    {bif,tuple_size,{f,0},[{x,0}],{x,2}}.
    {allocate,2,3}.
    {move,{x,1},{y,0}}.
    {move,{x,2},{y,1}}.
    {move,{x,0},{x,1}}.
    {move,{atom,x},{x,2}}.
    {move,{integer,1},{x,0}}.
    {call_ext,3,{extfunc,erlang,setelement,3}}.
    {test_heap,4,1}.
    {put_tuple2,{x,0},{list,[{y,0},{y,1},{x,0}]}}.
    {deallocate,2}.
    return.
  {label,3}.
    {test,is_tagged_tuple,{f,1},[{x,0},2,{atom,a}]}.
    {get_tuple_element,{x,0},0,{x,1}}.
    {test,is_eq_exact,{f,1},[{x,1},{atom,a}]}.
    {get_tuple_element,{x,0},1,{x,1}}.
    {test,is_tagged_tuple,{f,1},[{x,1},2,{atom,b}]}.
    {get_tuple_element,{x,1},0,{x,2}}.
    {test,is_eq_exact,{f,1},[{x,2},{atom,b}]}.
    {get_tuple_element,{x,1},1,{x,1}}.
    {test,is_nonempty_list,{f,1},[{x,1}]}.
    {test_heap,4,2}.
    {get_list,{x,1},{x,2},{x,1}}.
    {put_tuple2,{x,0},{list,[{x,2},{x,1},{x,0}]}}.
    return.


{function, records, 1, 5}.
  {label,4}.
    {line,[{location,"fuzz/code/shapes.erl",10}]}.
    {func_info,{atom,shapes},{atom,records},1}.
  {label,5}.
    {test,is_tagged_tuple,{f,6},[{x,0},4,{atom,r}]}.
    {get_tuple_element,{x,0},0,{x,1}}.
    {test,is_eq_exact,{f,6},[{x,1},{atom,r}]}.
    {test_heap,7,1}.
    {get_tuple_element,{x,0},1,{x,1}}.
    {get_tuple_element,{x,0},2,{x,0}}.
    {put_list,{x,1},{x,0},{x,2}}.
    {put_tuple2,{x,0},{list,[{atom,r},{x,0},{x,1},{x,2}]}}.
    return.
  {label,6}.
    {test_heap,5,1}.
    {put_tuple2,{x,0},{list,[{atom,r},{x,0},{integer,2},{atom,undefined}]}}.
    return.


{function, lists, 1, 8}.
  {label,7}.
    {line,[{location,"fuzz/code/shapes.erl",12}]}.
    {func_info,{atom,shapes},{atom,lists},1}.
  {label,8}.
    {test,is_nonempty_list,{f,10},[{x,0}]}.
    {get_list,{x,0},{x,1},{x,2}}.
    {test,is_nonempty_list,{f,9},[{x,2}]}.
    {test_heap,4,3}.
    {get_list,{x,2},{x,0},{x,2}}.
    {put_list,{x,1},{x,2},{x,1}}.
    {put_list,{x,0},{x,1},{x,0}}.
    return.
  {label,9}.
    {test,is_nil,{f,7},[{x,2}]}.
    {move,{x,1},{x,0}}.
    return.
  {label,10}.
    {test,is_nil,{f,7},[{x,0}]}.
    {move,{atom,nothing},{x,0}}.
    return.


{function, reverse, 2, 12}.
  {label,11}.
    {line,[{location,"fuzz/code/shapes.erl",15}]}.
    {func_info,{atom,shapes},{atom,reverse},2}.
  {label,12}.
    {test,is_nonempty_list,{f,13},[{x,0}]}.
    {test_heap,2,2}.
    {get_list,{x,0},{x,2},{x,0}}.
    {put_list,{x,2},{x,1},{x,1}}.
    {call_only,2,{f,12}}. % reverse/2
  {label,13}.
    {test,is_nil,{f,11},[{x,0}]}.
    {move,{x,1},{x,0}}.
    return.


{function, numbers, 2, 15}.
  {label,14}.
    {line,[{location,"fuzz/code/shapes.erl",17}]}.
    {func_info,{atom,shapes},{atom,numbers},2}.
  {label,15}.
    {test,is_integer,{f,16},[{x,0}]}.
    {test,is_integer,{f,16},[{x,1}]}.
    {gc_bif,'+',{f,0},2,[{x,0},{x,1}],{x,2}}.
    {gc_bif,'-',{f,0},3,[{x,0},{x,1}],{x,3}}.
    {gc_bif,'*',{f,0},4,[{x,0},{x,1}],{x,4}}.
    {gc_bif,'band',{f,0},5,[{x,0},{x,1}],{x,5}}.
    {gc_bif,'bor',{f,0},6,[{x,0},{x,1}],{x,6}}.
    {gc_bif,'bsl',{f,0},7,[{x,0},{integer,3}],{x,7}}.
    {gc_bif,'bsr',{f,0},8,[{x,0},{integer,2}],{x,8}}.
    {gc_bif,'bnot',{f,0},9,[{x,0}],{x,9}}.
    {gc_bif,abs,{f,0},10,[{x,1}],{x,1}}.
    {gc_bif,'+',{f,0},10,[{x,1},{integer,1}],{x,1}}.
    {gc_bif,'rem',{f,0},10,[{x,0},{x,1}],{x,0}}.
    {test_heap,10,10}.
    {put_tuple2,{x,0},
                {list,[{x,2},
                       {x,3},
                       {x,4},
                       {x,5},
                       {x,6},
                       {x,7},
                       {x,8},
                       {x,9},
                       {x,0}]}}.
    return.
  {label,16}.
    {line,[{location,"fuzz/code/shapes.erl",18}]}.
    {gc_bif,'+',{f,0},2,[{x,0},{x,1}],{x,2}}.
    {gc_bif,'/',{f,0},3,[{x,0},{x,1}],{x,0}}.
    {test_heap,3,3}.
    {put_tuple2,{x,0},{list,[{x,2},{x,0}]}}.
    return.


{function, floats, 2, 18}.
  {label,17}.
    {line,[{location,"fuzz/code/shapes.erl",19}]}.
    {func_info,{atom,shapes},{atom,floats},2}.
  {label,18}.
    {test,is_float,{f,19},[{x,0}]}.
    {test,is_float,{f,19},[{x,1}]}.
    {gc_bif,'*',{f,0},2,[{x,0},{x,1}],{x,2}}.
    {gc_bif,'+',{f,0},3,[{x,2},{x,0}],{x,0}}.
    {gc_bif,'-',{f,0},2,[{x,0},{x,1}],{x,0}}.
    {gc_bif,'*',{f,0},2,[{x,1},{x,1}],{x,1}}.
    {gc_bif,'+',{f,0},2,[{x,1},{float,1.0}],{x,1}}.
    {gc_bif,'/',{f,0},2,[{x,0},{x,1}],{x,1}}.
    {gc_bif,'-',{f,0},2,[{x,1}],{x,2}}.
    {test_heap,4,3}.
    {put_tuple2,{x,0},{list,[{x,0},{x,1},{x,2}]}}.
    return.
  {label,19}.
    {line,[{location,"fuzz/code/shapes.erl",20}]}.
    {gc_bif,float,{f,0},1,[{x,0}],{x,0}}.
    {gc_bif,'*',{f,0},1,[{x,0},{float,2.0}],{x,0}}.
    return.


{function, select, 1, 21}.
  {label,20}.
    {line,[{location,"fuzz/code/shapes.erl",21}]}.
    {func_info,{atom,shapes},{atom,select},1}.
  {label,21}.
    {test,is_tuple,{f,25},[{x,0}]}.
    {select_tuple_arity,{x,0},{f,32},{list,[0,{f,24},1,{f,23},2,{f,22}]}}.
  {label,22}.
    {move,{integer,8},{x,0}}.
    return.
  {label,23}.
    {move,{integer,7},{x,0}}.
    return.
  {label,24}.
    {move,{integer,6},{x,0}}.
    return.
  {label,25}.
    {test,is_atom,{f,29},[{x,0}]}.
    {select_val,{x,0},
                {f,32},
                {list,[{atom,a},{f,28},{atom,b},{f,27},{atom,c},{f,26}]}}.
  {label,26}.
    {move,{integer,3},{x,0}}.
    return.
  {label,27}.
    {move,{integer,2},{x,0}}.
    return.
  {label,28}.
    {move,{integer,1},{x,0}}.
    return.
  {label,29}.
    {select_val,{x,0},
                {f,32},
                {list,[{integer,17},
                       {f,31},
                       {integer,1180591620717411303424},
                       {f,30}]}}.
  {label,30}.
    {move,{integer,5},{x,0}}.
    return.
  {label,31}.
    {move,{integer,4},{x,0}}.
    return.
  {label,32}.
    {move,{integer,9},{x,0}}.
    return.


{function, compare, 2, 34}.
  {label,33}.
    {line,[{location,"fuzz/code/shapes.erl",22}]}.
    {func_info,{atom,shapes},{atom,compare},2}.
  {label,34}.
    {test,is_lt,{f,35},[{x,0},{x,1}]}.
    {move,{atom,less},{x,0}}.
    return.
  {label,35}.
    {test,is_eq,{f,36},[{x,0},{x,1}]}.
    {test,is_ne_exact,{f,37},[{x,0},{x,1}]}.
    {move,{atom,same},{x,0}}.
    return.
  {label,36}.
    {test,is_eq_exact,{f,38},[{x,1},{x,0}]}.
  {label,37}.
    {move,{atom,equal},{x,0}}.
    return.
  {label,38}.
    {move,{atom,more},{x,0}}.
    return.


{function, maps, 1, 40}.
  {label,39}.
    {line,[{location,"fuzz/code/shapes.erl",23}]}.
    {func_info,{atom,shapes},{atom,maps},1}.
  {label,40}.
    {test,is_map,{f,42},[{x,0}]}.
    {get_map_elements,{f,41},{x,0},{list,[{atom,a},{x,1}]}}.
    {test_heap,2,2}.
    {put_list,{x,1},nil,{x,2}}.
    {put_map_assoc,{f,0},{x,0},{x,0},3,{list,[{atom,b},{x,1}]}}.
    {put_map_exact,{f,0},{x,0},{x,0},3,{list,[{atom,a},{x,2}]}}.
    return.
  {label,41}.
    {line,[{location,"fuzz/code/shapes.erl",24}]}.
    {gc_bif,map_size,{f,0},1,[{x,0}],{x,1}}.
    {allocate,2,2}.
    {move,{x,1},{y,0}}.
    {move,{x,0},{y,1}}.
    {move,{x,0},{x,1}}.
    {move,{atom,none},{x,2}}.
    {move,{integer,1},{x,0}}.
    {call_ext,3,{extfunc,maps,get,3}}.
    {put_map_assoc,{f,0},
                   {y,1},
                   {x,1},
                   1,
                   {list,[{integer,1},{integer,2},{integer,2},{integer,3}]}}.
    {test_heap,4,2}.
    {put_tuple2,{x,0},{list,[{y,0},{x,0},{x,1}]}}.
    {deallocate,2}.
    return.
  {label,42}.
    {put_map_assoc,{f,0},{literal,#{}},{x,0},1,{list,[{x,0},{x,0}]}}.
    {put_map_assoc,{f,0},{x,0},{x,0},1,{list,[{atom,a},{integer,1}]}}.
    return.


{function, binaries, 1, 44}.
  {label,43}.
    {line,[{location,"fuzz/code/shapes.erl",26}]}.
    {func_info,{atom,shapes},{atom,binaries},1}.
  {label,44}.
    {'%',{var_info,{x,0},[accepts_match_context]}}.
    {test,bs_start_match3,{f,47},1,[{x,0}],{x,1}}.
    {bs_get_position,{x,1},{x,0},2}.
    {test,bs_get_integer2,
          {f,45},
          2,
          [{x,1},
           {integer,8},
           1,
           {field_flags,[{anno,[26,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,2}}.
    {test,bs_get_integer2,
          {f,45},
          3,
          [{x,1},
           {integer,16},
           1,
           {field_flags,[{anno,[26,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,little]}],
          {x,3}}.
    {test,bs_get_binary2,
          {f,45},
          4,
          [{x,1},
           {atom,all},
           8,
           {field_flags,[{anno,[26,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,4}}.
    {test_heap,4,5}.
    {put_tuple2,{x,0},{list,[{x,2},{x,3},{x,4}]}}.
    return.
  {label,45}.
    {bs_set_position,{x,1},{x,0}}.
    {test,bs_get_integer2,
          {f,46},
          2,
          [{x,1},
           {integer,3},
           1,
           {field_flags,[{anno,[27,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,2}}.
    {test,bs_get_binary2,
          {f,46},
          3,
          [{x,1},
           {atom,all},
           1,
           {field_flags,[{anno,[27,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,3}}.
    {line,[{location,"fuzz/code/shapes.erl",27}]}.
    {bs_create_bin,{f,0},
                   0,4,1,
                   {x,0},
                   {list,[{atom,append},
                          1,1,nil,
                          {x,3},
                          {atom,all},
                          {atom,integer},
                          2,1,nil,
                          {x,2},
                          {integer,5}]}}.
    return.
  {label,46}.
    {bs_set_position,{x,1},{x,0}}.
    {bs_get_tail,{x,1},{x,0},2}.
    return.
  {label,47}.
    return.


{function, segments, 1, 49}.
  {label,48}.
    {line,[{location,"fuzz/code/shapes.erl",29}]}.
    {func_info,{atom,shapes},{atom,segments},1}.
  {label,49}.
    {'%',{var_info,{x,0},[accepts_match_context]}}.
    {test,bs_start_match3,{f,52},1,[{x,0}],{x,1}}.
    {bs_get_position,{x,1},{x,0},2}.
    {test,bs_get_integer2,
          {f,50},
          2,
          [{x,1},
           {integer,8},
           1,
           {field_flags,[{anno,[29,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,2}}.
    {test,bs_get_binary2,
          {f,50},
          3,
          [{x,1},
           {x,2},
           8,
           {field_flags,[{anno,[29,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,2}}.
    {test,bs_get_float2,
          {f,50},
          3,
          [{x,1},
           {integer,64},
           1,
           {field_flags,[{anno,[29,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,3}}.
    {test,bs_get_binary2,
          {f,50},
          4,
          [{x,1},
           {atom,all},
           1,
           {field_flags,[{anno,[29,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,4}}.
    {test_heap,4,5}.
    {put_tuple2,{x,0},{list,[{x,2},{x,3},{x,4}]}}.
    return.
  {label,50}.
    {bs_set_position,{x,1},{x,0}}.
    {test,bs_get_utf8,
          {f,51},
          2,
          [{x,1},
           {field_flags,[{anno,[30,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,2}}.
    {test,bs_test_unit,{f,51},[{x,1},8]}.
    {allocate,1,3}.
    {move,{x,2},{y,0}}.
    {move,{x,1},{x,0}}.
    {line,[{location,"fuzz/code/shapes.erl",30}]}.
    {call,1,{f,49}}. % segments/1
    {test_heap,2,1}.
    {put_list,{y,0},{x,0},{x,0}}.
    {deallocate,1}.
    return.
  {label,51}.
    {bs_set_position,{x,1},{x,0}}.
    {test,bs_get_integer2,
          {f,54},
          2,
          [{x,1},
           {integer,7},
           1,
           {field_flags,[{anno,[31,{file,"fuzz/code/shapes.erl"}]},
                         signed,big]}],
          {x,0}}.
    return.
  {label,52}.
    {test,bs_start_match3,{f,54},1,[{x,0}],{x,0}}.
    {bs_get_position,{x,0},{x,1},1}.
    {test,bs_get_utf8,
          {f,53},
          2,
          [{x,0},
           {field_flags,[{anno,[30,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,2}}.
    {test,bs_test_unit,{f,53},[{x,0},8]}.
    {allocate,1,3}.
    {move,{x,2},{y,0}}.
    {call,1,{f,49}}. % segments/1
    {test_heap,2,1}.
    {put_list,{y,0},{x,0},{x,0}}.
    {deallocate,1}.
    return.
  {label,53}.
    {bs_set_position,{x,0},{x,1}}.
    {test,bs_get_integer2,
          {f,54},
          1,
          [{x,0},
           {integer,7},
           1,
           {field_flags,[{anno,[31,{file,"fuzz/code/shapes.erl"}]},
                         signed,big]}],
          {x,1}}.
    {move,{x,1},{x,0}}.
    return.
  {label,54}.
    {move,{atom,none},{x,0}}.
    return.


{function, build, 2, 56}.
  {label,55}.
    {line,[{location,"fuzz/code/shapes.erl",33}]}.
    {func_info,{atom,shapes},{atom,build},2}.
  {label,56}.
    {test,is_integer,{f,57},[{x,0}]}.
    {test,is_binary,{f,57},[{x,1}]}.
    {gc_bif,byte_size,{f,0},2,[{x,1}],{x,2}}.
    {bs_create_bin,{f,0},
                   0,3,1,
                   {x,0},
                   {list,[{atom,integer},
                          1,1,nil,
                          {x,0},
                          {integer,16},
                          {atom,binary},
                          2,8,nil,
                          {x,1},
                          {atom,all},
                          {atom,integer},
                          3,1,
                          {literal,[little]},
                          {x,0},
                          {integer,7},
                          {atom,integer},
                          4,1,nil,
                          {x,2},
                          {integer,32},
                          {atom,string},
                          0,8,nil,
                          {string,<<"text">>},
                          {integer,4},
                          {atom,utf8},
                          6,0,nil,
                          {x,0},
                          {atom,undefined}]}}.
    return.
  {label,57}.
    {allocate,2,2}.
    {move,{x,1},{y,0}}.
    {move,{x,0},{y,1}}.
    {move,{integer,256},{x,0}}.
    bs_init_writable.
    {move,{x,0},{x,1}}.
    {move,{y,0},{x,3}}.
    {move,{y,1},{x,2}}.
    {move,{literal,[1,2,3]},{x,0}}.
    {call_last,4,{f,166},2}. % '-build/2-lbc$^0/2-0-'/4


{function, append, 2, 59}.
  {label,58}.
    {line,[{location,"fuzz/code/shapes.erl",35}]}.
    {func_info,{atom,shapes},{atom,append},2}.
  {label,59}.
    {test,is_ne_exact,{f,60},[{x,0},{integer,0}]}.
    {test,is_integer,{f,60},[{x,0}]}.
    {test,is_lt,{f,60},[{integer,0},{x,0}]}.
    {test,is_lt,{f,60},[{x,0},{integer,50}]}.
    {line,[{location,"fuzz/code/shapes.erl",36}]}.
    {gc_bif,'-',{f,0},2,[{x,0},{integer,1}],{x,2}}.
    {bs_create_bin,{f,0},
                   0,3,8,
                   {x,1},
                   {list,[{atom,append},
                          1,8,nil,
                          {x,1},
                          {atom,all},
                          {atom,integer},
                          2,1,nil,
                          {x,0},
                          {integer,32}]}}.
    {move,{x,2},{x,0}}.
    {call_only,2,{f,59}}. % append/2
  {label,60}.
    {move,{x,1},{x,0}}.
    return.


{function, count, 2, 62}.
  {label,61}.
    {line,[{location,"fuzz/code/shapes.erl",38}]}.
    {func_info,{atom,shapes},{atom,count},2}.
  {label,62}.
    {'%',{var_info,{x,0},[accepts_match_context]}}.
    {test,bs_start_match3,{f,63},2,[{x,0}],{x,0}}.
    {test,bs_skip_bits2,
          {f,63},
          [{x,0},
           {integer,8},
           1,
           {field_flags,[{anno,[38,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}]}.
    {test,bs_test_unit,{f,63},[{x,0},8]}.
    {gc_bif,'+',{f,0},2,[{x,1},{integer,1}],{x,1}}.
    {call_only,2,{f,62}}. % count/2
  {label,63}.
    {move,{x,1},{x,0}}.
    return.


{function, funs, 1, 65}.
  {label,64}.
    {line,[{location,"fuzz/code/shapes.erl",40}]}.
    {func_info,{atom,shapes},{atom,funs},1}.
  {label,65}.
    {allocate_heap,2,{alloc,[{words,1},{floats,0},{funs,2}]},1}.
    {init_yregs,{list,[{y,0}]}}.
    {make_fun3,{f,164},0,0,{x,1},{list,[{x,0}]}}.
    {make_fun3,{f,161},0,0,{y,1},{list,[]}}.
    {call_fun,1}.
    {move,{x,0},{y,0}}.
    {move,{y,1},{x,2}}.
    {move,{y,1},{x,1}}.
    {move,{y,0},{y,1}}.
    {trim,1,1}.
    {move,{integer,3},{x,0}}.
    {call_fun,2}.
    {test_heap,4,1}.
    {put_tuple2,{x,0},{list,[{y,0},{x,0},{literal,fun shapes:lists/1}]}}.
    {deallocate,1}.
    return.


{function, apply_it, 2, 67}.
  {label,66}.
    {line,[{location,"fuzz/code/shapes.erl",41}]}.
    {func_info,{atom,shapes},{atom,apply_it},2}.
  {label,67}.
    {test,is_atom,{f,69},[{x,0}]}.
    {allocate,1,2}.
    {'catch',{y,0},{f,68}}.
    {move,{atom,module},{x,2}}.
    {swap,{x,0},{x,1}}.
    {apply,1}.
  {label,68}.
    {catch_end,{y,0}}.
    {deallocate,1}.
    return.
  {label,69}.
    {allocate,0,2}.
    {swap,{x,0},{x,1}}.
    {line,[{scope,[2]},{location,"fuzz/code/shapes.erl",42}]}.
    {call_fun,1}.
    {deallocate,0}.
    return.


{function, tries, 1, 71}.
  {label,70}.
    {line,[{location,"fuzz/code/shapes.erl",43}]}.
    {func_info,{atom,shapes},{atom,tries},1}.
  {label,71}.
    {allocate,4,1}.
    {init_yregs,{list,[{y,0},{y,2}]}}.
    {move,{x,0},{y,1}}.
    {'try',{y,3},{f,78}}.
    {'try',{y,2},{f,72}}.
    {line,[{location,"fuzz/code/shapes.erl",44}]}.
    {call,1,{f,8}}. % lists/1
    {try_end,{y,2}}.
    {test,is_nonempty_list,{f,79},[{x,0}]}.
    {get_hd,{x,0},{y,2}}.
    {move,{y,2},{x,0}}.
    {line,[{location,"fuzz/code/shapes.erl",45}]}.
    {call,1,{f,44}}. % binaries/1
    {test_heap,4,1}.
    {put_tuple2,{x,0},{list,[{atom,of_},{y,2},{x,0}]}}.
    {move,{x,0},{y,2}}.
    {jump,{f,77}}.
  {label,72}.
    {try_case,{y,2}}.
    {move,{x,1},{y,0}}.
    {move,{x,2},{x,1}}.
    {select_val,{x,0},{f,75},{list,[{atom,error},{f,74},{atom,throw},{f,73}]}}.
  {label,73}.
    {move,{y,0},{x,0}}.
    {jump,{f,76}}.
  {label,74}.
    {move,{x,1},{x,0}}.
    build_stacktrace.
    {line,[{location,"fuzz/code/shapes.erl",48}]}.
    {gc_bif,length,{f,0},1,[{x,0}],{x,0}}.
    {test_heap,3,1}.
    {put_tuple2,{x,0},{list,[{y,0},{x,0}]}}.
    {jump,{f,76}}.
  {label,75}.
    {move,{atom,other},{x,0}}.
  {label,76}.
    {move,{x,0},{y,2}}.
  {label,77}.
    {try_end,{y,3}}.
    {move,{y,1},{x,1}}.
    {move,{y,2},{y,3}}.
    {trim,3,1}.
    {move,{atom,key},{x,0}}.
    {line,[{scope,[2,3,4]},{location,"fuzz/code/shapes.erl",51}]}.
    {call_ext,2,{extfunc,erlang,put,2}}.
    {move,{y,0},{x,0}}.
    {deallocate,1}.
    return.
  {label,78}.
    {try_case,{y,3}}.
    {move,{x,2},{y,0}}.
    {move,{x,1},{y,2}}.
    {move,{y,1},{x,1}}.
    {move,{y,0},{y,3}}.
    {trim,2,2}.
    {move,{atom,key},{x,0}}.
    {line,[{location,"fuzz/code/shapes.erl",51}]}.
    {call_ext,2,{extfunc,erlang,put,2}}.
    {bif,raise,{f,0},[{y,1},{y,0}],{x,0}}.
  {label,79}.
    {line,[{scope,[4]},{location,"fuzz/code/shapes.erl",44}]}.
    {try_case_end,{x,0}}.


{function, catches, 1, 81}.
  {label,80}.
    {line,[{location,"fuzz/code/shapes.erl",53}]}.
    {func_info,{atom,shapes},{atom,catches},1}.
  {label,81}.
    {allocate,4,1}.
    {init_yregs,{list,[{y,1},{y,2}]}}.
    {move,{x,0},{y,0}}.
    {'catch',{y,3},{f,82}}.
    {bif,hd,{f,0},[{x,0}],{x,0}}.
  {label,82}.
    {catch_end,{y,3}}.
    {move,{x,0},{y,3}}.
    {'catch',{y,2},{f,83}}.
    {move,{y,0},{x,0}}.
    {line,[{scope,[5]},{location,"fuzz/code/shapes.erl",53}]}.
    {call_ext,1,{extfunc,erlang,throw,1}}.
  {label,83}.
    {catch_end,{y,2}}.
    {move,{x,0},{y,2}}.
    {'catch',{y,1},{f,84}}.
    {line,[{location,"fuzz/code/shapes.erl",53}]}.
    {bif,element,{f,0},[{integer,2},{y,0}],{x,0}}.
  {label,84}.
    {catch_end,{y,1}}.
    {test_heap,4,1}.
    {put_tuple2,{x,0},{list,[{y,3},{y,2},{x,0}]}}.
    {deallocate,4}.
    return.


{function, receives, 1, 86}.
  {label,85}.
    {line,[{location,"fuzz/code/shapes.erl",54}]}.
    {func_info,{atom,shapes},{atom,receives},1}.
  {label,86}.
    {allocate,1,1}.
    {move,{x,0},{y,0}}.
  {label,87}.
    {loop_rec,{f,92},{x,0}}.
    {test,bs_start_match3,{f,88},1,[{x,0}],{x,1}}.
    {test,bs_get_integer2,
          {f,91},
          2,
          [{x,1},
           {integer,8},
           1,
           {field_flags,[{anno,[58,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,0}}.
    {test,bs_get_binary2,
          {f,91},
          2,
          [{x,1},
           {atom,all},
           8,
           {field_flags,[{anno,[58,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,1}}.
    {test_heap,3,2}.
    remove_message.
    {put_tuple2,{x,0},{list,[{x,0},{x,1}]}}.
    {deallocate,1}.
    return.
  {label,88}.
    {test,is_nonempty_list,{f,89},[{x,0}]}.
    {get_list,{x,0},{x,1},{x,0}}.
    {test,is_atom,{f,91},[{x,1}]}.
    {test_heap,3,2}.
    remove_message.
    {put_tuple2,{x,0},{list,[{x,0},{x,1}]}}.
    {deallocate,1}.
    return.
  {label,89}.
    {test,is_tuple,{f,90},[{x,0}]}.
    {test,test_arity,{f,91},[{x,0},2]}.
    {get_tuple_element,{x,0},0,{x,1}}.
    {test,is_eq_exact,{f,91},[{x,1},{y,0}]}.
    {test_heap,3,1}.
    {get_tuple_element,{x,0},1,{x,0}}.
    remove_message.
    {put_tuple2,{x,0},{list,[{atom,got},{x,0}]}}.
    {deallocate,1}.
    return.
  {label,90}.
    {test,is_map,{f,91},[{x,0}]}.
    {get_map_elements,{f,91},{x,0},{list,[{atom,a},{x,0}]}}.
    remove_message.
    {deallocate,1}.
    return.
  {label,91}.
    {loop_rec_end,{f,87}}.
  {label,92}.
    timeout.
    {move,{atom,nothing},{x,0}}.
    {deallocate,1}.
    return.


{function, calls, 1, 94}.
  {label,93}.
    {line,[{location,"fuzz/code/shapes.erl",62}]}.
    {func_info,{atom,shapes},{atom,calls},1}.
  {label,94}.
    {allocate,1,1}.
    {move,{x,0},{y,0}}.
    {call_ext,0,{extfunc,erlang,make_ref,0}}.
    {test_heap,3,1}.
    {bif,self,{f,0},[],{x,1}}.
    {put_tuple2,{x,1},{list,[{x,0},{x,1}]}}.
    {swap,{y,0},{x,0}}.
    {line,[{location,"fuzz/code/shapes.erl",64}]}.
    send.
  {label,95}.
    {loop_rec,{f,99},{x,0}}.
    {test,is_tuple,{f,98},[{x,0}]}.
    {select_tuple_arity,{x,0},{f,98},{list,[2,{f,97},3,{f,96}]}}.
  {label,96}.
    {test_heap,2,1}.
    {get_tuple_element,{x,0},2,{x,0}}.
    remove_message.
    {put_list,{x,0},nil,{x,0}}.
    {deallocate,1}.
    return.
  {label,97}.
    {get_tuple_element,{x,0},0,{x,1}}.
    {test,is_eq_exact,{f,98},[{x,1},{y,0}]}.
    {get_tuple_element,{x,0},1,{x,0}}.
    remove_message.
    {deallocate,1}.
    return.
  {label,98}.
    {loop_rec_end,{f,95}}.
  {label,99}.
    {wait_timeout,{f,95},{integer,1}}.
    timeout.
    {move,{atom,late},{x,0}}.
    {deallocate,1}.
    return.


{function, two_receives, 1, 101}.
  {label,100}.
    {line,[{location,"fuzz/code/shapes.erl",66}]}.
    {func_info,{atom,shapes},{atom,two_receives},1}.
  {label,101}.
    {allocate,2,1}.
    {init_yregs,{list,[{y,0}]}}.
    {move,{x,0},{y,1}}.
  {label,102}.
    {loop_rec,{f,107},{x,0}}.
    {test,is_tagged_tuple,{f,106},[{x,0},2,{atom,a}]}.
    {get_tuple_element,{x,0},0,{x,1}}.
    {test,is_eq_exact,{f,106},[{x,1},{atom,a}]}.
    {get_tuple_element,{x,0},1,{y,0}}.
    remove_message.
  {label,103}.
    {loop_rec,{f,105},{x,0}}.
    {test,is_eq_exact,{f,104},[{x,0},{y,1}]}.
    {loop_rec_end,{f,103}}.
  {label,104}.
    {test_heap,4,1}.
    remove_message.
    {put_tuple2,{x,0},{list,[{y,1},{y,0},{x,0}]}}.
    {deallocate,2}.
    return.
  {label,105}.
    {wait_timeout,{f,103},{integer,1}}.
    timeout.
    {move,{y,0},{x,0}}.
    {deallocate,2}.
    return.
  {label,106}.
    {loop_rec_end,{f,102}}.
  {label,107}.
    {wait_timeout,{f,102},{integer,1}}.
    timeout.
    {loop_rec,{f,108},{x,0}}.
    remove_message.
    {deallocate,2}.
    return.
  {label,108}.
    timeout.
    {move,{y,1},{x,0}}.
    {deallocate,2}.
    return.


{function, comprehension, 1, 110}.
  {label,109}.
    {line,[{location,"fuzz/code/shapes.erl",68}]}.
    {func_info,{atom,shapes},{atom,comprehension},1}.
  {label,110}.
    {test,is_list,{f,111},[{x,0}]}.
    {call_only,1,{f,147}}. % '-comprehension/1-lc$^0/1-0-'/1
  {label,111}.
    {test,is_binary,{f,112},[{x,0}]}.
    {allocate,1,1}.
    {move,{x,0},{y,0}}.
    {move,{integer,256},{x,0}}.
    bs_init_writable.
    {move,{x,0},{x,1}}.
    {move,{y,0},{x,0}}.
    {call_last,2,{f,156},1}. % '-comprehension/1-lbc$^2/2-2-'/2
  {label,112}.
    {move,nil,{x,0}}.
    return.


{function, deep, 1, 114}.
  {label,113}.
    {line,[{location,"fuzz/code/shapes.erl",71}]}.
    {func_info,{atom,shapes},{atom,deep},1}.
  {label,114}.
    {test,is_eq_exact,{f,115},[{x,0},{integer,0}]}.
    {move,nil,{x,0}}.
    return.
  {label,115}.
    {test,is_integer,{f,116},[{x,0}]}.
    {test,is_lt,{f,116},[{x,0},{integer,200}]}.
    {test,is_lt,{f,116},[{integer,0},{x,0}]}.
    {line,[{location,"fuzz/code/shapes.erl",72}]}.
    {gc_bif,'-',{f,0},1,[{x,0},{integer,1}],{x,1}}.
    {allocate,1,2}.
    {move,{x,0},{y,0}}.
    {move,{x,1},{x,0}}.
    {call,1,{f,114}}. % deep/1
    {test_heap,2,1}.
    {put_list,{x,0},{y,0},{x,0}}.
    {deallocate,1}.
    return.
  {label,116}.
    {allocate,1,1}.
    {move,{x,0},{y,0}}.
    {move,{integer,3},{x,0}}.
    {line,[{location,"fuzz/code/shapes.erl",73}]}.
    {call,1,{f,114}}. % deep/1
    {test_heap,3,1}.
    {put_tuple2,{x,0},{list,[{y,0},{x,0}]}}.
    {deallocate,1}.
    return.


{function, frames, 3, 118}.
  {label,117}.
    {line,[{location,"fuzz/code/shapes.erl",74}]}.
    {func_info,{atom,shapes},{atom,frames},3}.
  {label,118}.
    {allocate,6,3}.
    {init_yregs,{list,[{y,0},{y,1},{y,2},{y,3}]}}.
    {move,{x,2},{y,4}}.
    {move,{x,1},{y,5}}.
    {call,1,{f,8}}. % lists/1
    {move,{x,0},{y,3}}.
    {move,{y,5},{x,0}}.
    {init_yregs,{list,[{y,5}]}}.
    {call,1,{f,8}}. % lists/1
    {test_heap,4,1}.
    {put_list,{x,0},nil,{x,1}}.
    {put_list,{y,3},{x,1},{x,1}}.
    {move,{x,0},{y,2}}.
    {move,{x,1},{x,0}}.
    {move,nil,{x,1}}.
    {call,2,{f,12}}. % reverse/2
    {move,{x,0},{y,1}}.
    {move,{y,4},{x,0}}.
    {call,1,{f,21}}. % select/1
    {move,{x,0},{y,0}}.
    {'catch',{y,5},{f,119}}.
    {move,{y,4},{x,0}}.
    {init_yregs,{list,[{y,4}]}}.
    {call,1,{f,114}}. % deep/1
  {label,119}.
    {catch_end,{y,5}}.
    {test_heap,6,1}.
    {put_tuple2,{x,0},{list,[{y,3},{y,2},{y,1},{y,0},{x,0}]}}.
    {deallocate,6}.
    return.


{function, guards, 2, 121}.
  {label,120}.
    {line,[{location,"fuzz/code/shapes.erl",75}]}.
    {func_info,{atom,shapes},{atom,guards},2}.
  {label,121}.
    {test,is_list,{f,122},[{x,0}]}.
    {gc_bif,length,{f,122},2,[{x,0}],{x,2}}.
    {test,is_ge,{f,124},[{integer,2},{x,2}]}.
  {label,122}.
    {test,is_tuple,{f,123},[{x,1}]}.
    {bif,element,{f,123},[{integer,1},{x,1}],{x,2}}.
    {test,is_ne_exact,{f,124},[{x,2},{x,0}]}.
  {label,123}.
    {bif,is_map_key,{f,125},[{x,0},{x,1}],{x,1}}.
    {test,is_eq_exact,{f,125},[{x,1},{atom,true}]}.
  {label,124}.
    {move,{atom,yes},{x,0}}.
    return.
  {label,125}.
    {bif,map_get,{f,126},[{atom,a},{x,0}],{x,1}}.
    {test,is_ne_exact,{f,127},[{x,1},{integer,1}]}.
  {label,126}.
    {gc_bif,byte_size,{f,128},1,[{x,0}],{x,0}}.
    {test,is_lt,{f,128},[{integer,3},{x,0}]}.
  {label,127}.
    {move,{atom,maybe},{x,0}}.
    return.
  {label,128}.
    {move,{atom,no},{x,0}}.
    return.


{function, strings, 1, 130}.
  {label,129}.
    {line,[{location,"fuzz/code/shapes.erl",78}]}.
    {func_info,{atom,shapes},{atom,strings},1}.
  {label,130}.
    {test,is_nonempty_list,{f,133},[{x,0}]}.
    {get_list,{x,0},{x,1},{x,2}}.
    {select_val,{x,1},
                {f,133},
                {list,[{integer,97},{f,132},{integer,120},{f,131}]}}.
  {label,131}.
    {test,is_nonempty_list,{f,133},[{x,2}]}.
    {get_hd,{x,2},{x,0}}.
    return.
  {label,132}.
    {test,is_nonempty_list,{f,133},[{x,2}]}.
    {get_list,{x,2},{x,1},{x,2}}.
    {test,is_eq_exact,{f,133},[{x,1},{integer,98}]}.
    {test,is_nonempty_list,{f,133},[{x,2}]}.
    {get_list,{x,2},{x,1},{x,2}}.
    {test,is_eq_exact,{f,133},[{x,1},{integer,99}]}.
    {move,{x,2},{x,0}}.
    return.
  {label,133}.
    return.


{function, swap, 1, 135}.
  {label,134}.
    {line,[{location,"fuzz/code/shapes.erl",79}]}.
    {func_info,{atom,shapes},{atom,swap},1}.
  {label,135}.
    {test,is_tuple,{f,134},[{x,0}]}.
    {test,test_arity,{f,134},[{x,0},2]}.
    {get_tuple_element,{x,0},0,{x,1}}.
    {get_tuple_element,{x,0},1,{x,0}}.
    {test,is_eq_exact,{f,136},[{x,1},{x,0}]}.
    return.
  {label,136}.
    {test_heap,4,2}.
    {put_tuple2,{x,0},{list,[{x,1},{x,0},{x,1}]}}.
    return.


{function, self_calls, 5, 138}.
  {label,137}.
    {line,[{location,"fuzz/code/shapes.erl",80}]}.
    {func_info,{atom,shapes},{atom,self_calls},5}.
  {label,138}.
    {test,is_lt,{f,139},[{integer,0},{x,0}]}.
    {test,is_lt,{f,139},[{x,0},{integer,20}]}.
    {gc_bif,'-',{f,0},5,[{x,0},{integer,1}],{x,0}}.
    {swap,{x,3},{x,2}}.
    {swap,{x,4},{x,3}}.
    {swap,{x,1},{x,4}}.
    {call_only,5,{f,138}}. % self_calls/5
  {label,139}.
    {test_heap,5,5}.
    {put_tuple2,{x,0},{list,[{x,1},{x,2},{x,3},{x,4}]}}.
    return.


{function, bool, 2, 141}.
  {label,140}.
    {line,[{location,"fuzz/code/shapes.erl",82}]}.
    {func_info,{atom,shapes},{atom,bool},2}.
  {label,141}.
    {bif,'=:=',{f,0},[{x,0},{integer,1}],{x,2}}.
    {bif,'=:=',{f,0},[{x,1},{integer,2}],{x,3}}.
    {bif,'and',{f,0},[{x,2},{x,3}],{x,2}}.
    {bif,'=/=',{f,0},[{x,0},{x,1}],{x,1}}.
    {bif,'or',{f,0},[{x,2},{x,1}],{x,1}}.
    {bif,is_atom,{f,0},[{x,0}],{x,0}}.
    {bif,'xor',{f,0},[{x,1},{x,0}],{x,0}}.
    return.


{function, module_info, 0, 143}.
  {label,142}.
    {line,[]}.
    {func_info,{atom,shapes},{atom,module_info},0}.
  {label,143}.
    {move,{atom,shapes},{x,0}}.
    {call_ext_only,1,{extfunc,erlang,get_module_info,1}}.


{function, module_info, 1, 145}.
  {label,144}.
    {line,[]}.
    {func_info,{atom,shapes},{atom,module_info},1}.
  {label,145}.
    {move,{x,0},{x,1}}.
    {move,{atom,shapes},{x,0}}.
    {call_ext_only,2,{extfunc,erlang,get_module_info,2}}.


{function, '-comprehension/1-lc$^0/1-0-', 1, 147}.
  {label,146}.
    {line,[{location,"fuzz/code/shapes.erl",68}]}.
    {func_info,{atom,shapes},{atom,'-comprehension/1-lc$^0/1-0-'},1}.
  {label,147}.
    {test,is_nonempty_list,{f,149},[{x,0}]}.
    {get_list,{x,0},{x,1},{x,0}}.
    {test,is_integer,{f,148},[{x,1}]}.
    {move,{x,1},{x,2}}.
    {move,{x,0},{x,1}}.
    {move,{literal,[a,b]},{x,0}}.
    {call_only,3,{f,152}}. % '-comprehension/1-lc$^1/1-1-'/3
  {label,148}.
    {call_only,1,{f,147}}. % '-comprehension/1-lc$^0/1-0-'/1
  {label,149}.
    {test,is_nil,{f,150},[{x,0}]}.
    return.
  {label,150}.
    {test_heap,3,1}.
    {put_tuple2,{x,0},{list,[{atom,bad_generator},{x,0}]}}.
    {call_ext_only,1,{extfunc,erlang,error,1}}.


{function, '-comprehension/1-lc$^1/1-1-', 3, 152}.
  {label,151}.
    {line,[{location,"fuzz/code/shapes.erl",68}]}.
    {func_info,{atom,shapes},{atom,'-comprehension/1-lc$^1/1-1-'},3}.
  {label,152}.
    {test,is_nonempty_list,{f,153},[{x,0}]}.
    {allocate,2,3}.
    {move,{x,2},{y,1}}.
    {get_list,{x,0},{y,0},{x,0}}.
    {call,3,{f,152}}. % '-comprehension/1-lc$^1/1-1-'/3
    {test_heap,5,1}.
    {put_tuple2,{x,1},{list,[{y,1},{y,0}]}}.
    {put_list,{x,1},{x,0},{x,0}}.
    {deallocate,2}.
    return.
  {label,153}.
    {test,is_nil,{f,154},[{x,0}]}.
    {move,{x,1},{x,0}}.
    {call_only,1,{f,147}}. % '-comprehension/1-lc$^0/1-0-'/1
  {label,154}.
    {test_heap,3,1}.
    {put_tuple2,{x,0},{list,[{atom,bad_generator},{x,0}]}}.
    {call_ext_only,1,{extfunc,erlang,error,1}}.


{function, '-comprehension/1-lbc$^2/2-2-', 2, 156}.
  {label,155}.
    {line,[{location,"fuzz/code/shapes.erl",69}]}.
    {func_info,{atom,shapes},{atom,'-comprehension/1-lbc$^2/2-2-'},2}.
  {label,156}.
    {'%',{var_info,{x,0},[accepts_match_context]}}.
    {test,bs_start_match3,{f,159},2,[{x,0}],{x,2}}.
    {bs_get_position,{x,2},{x,0},3}.
    {test,bs_get_integer2,
          {f,158},
          3,
          [{x,2},
           {integer,8},
           1,
           {field_flags,[{anno,[69,{file,"fuzz/code/shapes.erl"}]},
                         unsigned,big]}],
          {x,3}}.
    {test,is_lt,{f,157},[{integer,3},{x,3}]}.
    {gc_bif,'+',{f,0},4,[{x,3},{integer,1}],{x,0}}.
    {bs_create_bin,{f,0},
                   0,3,1,
                   {x,1},
                   {list,[{atom,private_append},
                          1,1,nil,
                          {x,1},
                          {atom,all},
                          {atom,integer},
                          2,1,nil,
                          {x,0},
                          {integer,8}]}}.
    {move,{x,2},{x,0}}.
    {call_only,2,{f,156}}. % '-comprehension/1-lbc$^2/2-2-'/2
  {label,157}.
    {move,{x,2},{x,0}}.
    {call_only,2,{f,156}}. % '-comprehension/1-lbc$^2/2-2-'/2
  {label,158}.
    {move,{x,1},{x,0}}.
    return.
  {label,159}.
    {test_heap,3,1}.
    {put_tuple2,{x,0},{list,[{atom,bad_generator},{x,0}]}}.
    {call_ext_only,1,{extfunc,erlang,error,1}}.


{function, '-funs/1-fun-1-', 2, 161}.
  {label,160}.
    {line,[{location,"fuzz/code/shapes.erl",40}]}.
    {func_info,{atom,shapes},{atom,'-funs/1-fun-1-'},2}.
  {label,161}.
    {test,is_eq_exact,{f,162},[{x,0},{integer,0}]}.
    {move,{atom,done},{x,0}}.
    return.
  {label,162}.
    {gc_bif,'-',{f,0},2,[{x,0},{integer,1}],{x,0}}.
    {allocate,0,2}.
    {move,{x,1},{x,2}}.
    {call_fun,2}.
    {deallocate,0}.
    return.


{function, '-funs/1-fun-0-', 2, 164}.
  {label,163}.
    {line,[{location,"fuzz/code/shapes.erl",40}]}.
    {func_info,{atom,shapes},{atom,'-funs/1-fun-0-'},2}.
  {label,164}.
    {test_heap,4,2}.
    {put_list,{x,0},nil,{x,0}}.
    {put_list,{x,1},{x,0},{x,0}}.
    return.


{function, '-build/2-lbc$^0/2-0-', 4, 166}.
  {label,165}.
    {line,[{location,"fuzz/code/shapes.erl",34}]}.
    {func_info,{atom,shapes},{atom,'-build/2-lbc$^0/2-0-'},4}.
  {label,166}.
    {test,is_nonempty_list,{f,168},[{x,0}]}.
    {get_list,{x,0},{x,4},{x,0}}.
    {test,is_eq_exact,{f,167},[{x,2},{x,3}]}.
    {call_only,4,{f,166}}. % '-build/2-lbc$^0/2-0-'/4
  {label,167}.
    {bs_create_bin,{f,0},
                   0,5,1,
                   {x,1},
                   {list,[{atom,private_append},
                          1,1,nil,
                          {x,1},
                          {atom,all},
                          {atom,integer},
                          2,1,nil,
                          {x,4},
                          {integer,8}]}}.
    {call_only,4,{f,166}}. % '-build/2-lbc$^0/2-0-'/4
  {label,168}.
    {test,is_nil,{f,169},[{x,0}]}.
    {move,{x,1},{x,0}}.
    return.
  {label,169}.
    {test_heap,3,1}.
    {put_tuple2,{x,0},{list,[{atom,bad_generator},{x,0}]}}.
    {call_ext_only,1,{extfunc,erlang,error,1}}.
