#!/usr/bin/env escript
%% SPDX-License-Identifier: Apache-2.0
%% The release's own crypto library and asn1's, through the NIF interface.
-mode(compile).

main(_) ->
    hashes(),
    ciphers(),
    keys(),
    errors(),
    shared(),
    asn1().

hashes() ->
    [io:format("~p ~s~n", [T, hex(crypto:hash(T, <<"the quick brown fox">>))]) || T <- [md5, sha, sha224, sha256, sha384, sha512, sha3_256, blake2b]],
    [io:format("hmac ~p ~s~n", [T, hex(crypto:mac(hmac, T, <<"key">>, ["the ", <<"quick">>, $ , "fox"]))]) || T <- [md5, sha, sha256, sha512]],
    io:format("cmac ~s~n", [hex(crypto:mac(cmac, aes_128_cbc, binary:copy(<<1>>, 16), <<"text">>))]),
    io:format("poly1305 ~s~n", [hex(crypto:mac(poly1305, binary:copy(<<2>>, 32), <<"text">>))]),
    State = lists:foldl(fun(Part, S) -> crypto:hash_update(S, Part) end, crypto:hash_init(sha256), ["a", <<"b">>, [$c]]),
    io:format("steps ~s ~p~n", [hex(crypto:hash_final(State)), crypto:hash_final(State) =:= crypto:hash(sha256, "abc")]),
    Mac = crypto:mac_update(crypto:mac_init(hmac, sha, <<"k">>), "text"),
    io:format("mac steps ~s~n", [hex(crypto:mac_finalN(Mac, 10))]),
    %% Large data takes the dirty way.
    Large = binary:copy(<<"0123456789abcdef">>, 100000),
    io:format("large ~s ~s~n", [hex(crypto:hash(sha256, Large)), hex(crypto:mac(hmac, sha256, <<"k">>, Large))]),
    io:format("hash info ~p~n", [crypto:hash_info(sha256)]).

ciphers() ->
    Key16 = binary:copy(<<3>>, 16), Key32 = binary:copy(<<5>>, 32), Iv = binary:copy(<<7>>, 16),
    Text = <<"sixteen bytes ok and sixteen more">>,
    [io:format("~p ~s~n", [C, hex(crypto:crypto_one_time(C, K, Iv, Text, true))]) || {C, K} <- [{aes_128_ctr, Key16}, {aes_256_ctr, Key32}, {aes_128_cfb8, Key16}, {chacha20, Key32}]],
    Padded = crypto:crypto_one_time(aes_256_cbc, Key32, Iv, Text, [{encrypt, true}, {padding, pkcs_padding}]),
    io:format("cbc ~s ~p~n", [hex(Padded), crypto:crypto_one_time(aes_256_cbc, Key32, Iv, Padded, [{encrypt, false}, {padding, pkcs_padding}])]),
    io:format("ecb ~s~n", [hex(crypto:crypto_one_time(aes_128_ecb, Key16, binary:part(Text, 0, 32), true))]),
    Stream = crypto:crypto_init(aes_128_ctr, Key16, Iv, true),
    io:format("stream ~s ~s ~s~n", [hex(crypto:crypto_update(Stream, P)) || P <- [<<"a">>, <<"bcdefghijklmnopqrst">>, <<>>]]),
    {Sealed, Tag} = crypto:crypto_one_time_aead(aes_128_gcm, Key16, binary:part(Iv, 0, 12), Text, <<"aad">>, true),
    io:format("gcm ~s ~s~n", [hex(Sealed), hex(Tag)]),
    io:format("opened ~p ~p~n", [crypto:crypto_one_time_aead(aes_128_gcm, Key16, binary:part(Iv, 0, 12), Sealed, A, Tag, false) || A <- [<<"aad">>, <<"other">>]]),
    {Sealed2, Tag2} = crypto:crypto_one_time_aead(chacha20_poly1305, Key32, binary:part(Iv, 0, 12), Text, <<>>, true),
    io:format("chacha20_poly1305 ~s ~s~n", [hex(Sealed2), hex(Tag2)]),
    io:format("cipher info ~p~n", [lists:sort(maps:to_list(crypto:cipher_info(aes_128_gcm)))]),
    io:format("exor ~s~n", [hex(crypto:exor(<<1, 2, 3>>, <<255, 255, 255>>))]).

keys() ->
    %% Fixed private keys, so that both sides of an exchange are the same in every run.
    P1 = <<11:256>>, P2 = <<13:256>>,
    {Pub1, _} = crypto:generate_key(ecdh, secp256r1, P1),
    {Pub2, _} = crypto:generate_key(ecdh, secp256r1, P2),
    S1 = crypto:compute_key(ecdh, Pub2, P1, secp256r1), S2 = crypto:compute_key(ecdh, Pub1, P2, secp256r1),
    io:format("ecdh ~s ~p~n", [hex(S1), S1 =:= S2]),
    {X1, K1} = crypto:generate_key(ecdh, x25519, binary:copy(<<9>>, 32)),
    {X2, K2} = crypto:generate_key(ecdh, x25519, binary:copy(<<8>>, 32)),
    io:format("x25519 ~s ~p~n", [hex(X1), crypto:compute_key(ecdh, X2, K1, x25519) =:= crypto:compute_key(ecdh, X1, K2, x25519)]),
    {EdPub, EdPriv} = crypto:generate_key(eddsa, ed25519, binary:copy(<<4>>, 32)),
    Signature = crypto:sign(eddsa, none, <<"message">>, [EdPriv, ed25519]),
    io:format("ed25519 ~s ~p ~p~n", [hex(Signature), crypto:verify(eddsa, none, <<"message">>, Signature, [EdPub, ed25519]), crypto:verify(eddsa, none, <<"messagE">>, Signature, [EdPub, ed25519])]),
    EcSignature = crypto:sign(ecdsa, sha256, <<"message">>, [P1, secp256r1]),
    io:format("ecdsa ~p~n", [crypto:verify(ecdsa, sha256, <<"message">>, EcSignature, [Pub1, secp256r1])]),
    {[E, N], Private} = crypto:generate_key(rsa, {1024, 65537}),
    RsaSignature = crypto:sign(rsa, sha256, <<"message">>, Private),
    io:format("rsa ~p ~p~n", [byte_size(RsaSignature), crypto:verify(rsa, sha256, <<"message">>, RsaSignature, [E, N])]),
    Hidden = crypto:public_encrypt(rsa, <<"secret">>, [E, N], rsa_pkcs1_oaep_padding),
    io:format("rsa opened ~p~n", [crypto:private_decrypt(rsa, Hidden, Private, rsa_pkcs1_oaep_padding)]),
    io:format("power ~s~n", [hex(crypto:mod_pow(3, 1 bsl 200, (1 bsl 127) - 1))]),
    io:format("pbkdf2 ~s~n", [hex(crypto:pbkdf2_hmac(sha256, <<"password">>, <<"salt">>, 1000, 32))]),
    io:format("curves ~p~n", [lists:member(secp521r1, crypto:supports(curves))]),
    io:format("random ~p ~p~n", [byte_size(crypto:strong_rand_bytes(1000)), crypto:strong_rand_bytes(16) =/= crypto:strong_rand_bytes(16)]),
    io:format("equal ~p ~p~n", [crypto:hash_equals(<<"abc">>, <<"abc">>), crypto:hash_equals(<<"abc">>, <<"abd">>)]).

errors() ->
    Tries = [fun() -> crypto:hash(no_such_hash, "a") end, fun() -> crypto:hash(sha, not_data) end, fun() -> crypto:strong_rand_bytes(-1) end,
             fun() -> crypto:crypto_one_time(aes_128_ctr, <<1>>, <<2>>, <<>>, true) end, fun() -> crypto:crypto_one_time(no_cipher, <<1>>, <<2>>, <<>>, true) end,
             fun() -> crypto:mac(hmac, no_such_hash, <<>>, <<>>) end, fun() -> crypto:exor(<<1>>, <<1, 2>>) end, fun() -> crypto:compute_key(ecdh, <<1>>, <<2>>, secp256r1) end],
    [io:format("error ~p~n", [shape(T)]) || T <- Tries].

%% Where in the library's source it happened is the library's business.
shape(Try) ->
    try Try() catch error:{Tag, {File, _Line}, Text} -> {Tag, File, Text}; C:R -> {C, R} end.

%% The same state from several processes; states that are thrown away.
shared() ->
    Self = self(),
    Pids = [spawn_link(fun() ->
                               Digests = [crypto:hash(sha256, <<N:32, I:32>>) || I <- lists:seq(1, 200)],
                               [crypto:hash_init(sha512) || _ <- lists:seq(1, 500)],
                               Self ! {self(), crypto:hash(sha256, Digests)}
                       end) || N <- lists:seq(1, 8)],
    Results = [receive {Pid, D} -> D end || Pid <- Pids],
    io:format("processes ~s~n", [hex(crypto:hash(sha256, Results))]),
    Init = crypto:hash_init(sha),
    spawn(fun() -> Self ! crypto:hash_final(crypto:hash_update(Init, "abc")) end),
    io:format("sent ~p~n", [receive D -> D =:= crypto:hash(sha, "abc") end]).

asn1() ->
    %% A certificate's name and a private key, by way of asn1rt_nif.
    Key = public_key:der_encode('RSAPrivateKey', {'RSAPrivateKey', 'two-prime', 187, 3, 107, 17, 11, 11, 7, 2, asn1_NOVALUE}),
    io:format("key ~s~n", [hex(Key)]),
    io:format("back ~p~n", [public_key:der_decode('RSAPrivateKey', Key)]),
    io:format("broken ~p~n", [try public_key:der_decode('RSAPrivateKey', binary:part(Key, 0, 10)) catch error:{badmatch, _} -> badmatch; C:_ -> C end]),
    Pem = public_key:pem_encode([public_key:pem_entry_encode('RSAPrivateKey', {'RSAPrivateKey', 'two-prime', 187, 3, 107, 17, 11, 11, 7, 2, asn1_NOVALUE})]),
    io:format("~s~p~n", [Pem, [public_key:pem_entry_decode(E) || E <- public_key:pem_decode(Pem)]]),
    #{cert := Cert} = public_key:pkix_test_root_cert("a root", [{key, {namedCurve, secp256r1}}]),
    Decoded = public_key:pkix_decode_cert(Cert, otp),
    io:format("certificate ~p ~p~n", [element(1, Decoded), public_key:pkix_is_self_signed(Cert)]).

hex(Bytes) -> binary:encode_hex(Bytes).
