%% SPDX-License-Identifier: Apache-2.0
%% Integers beyond a word: products, quotients, powers, greatest common divisors, bits, printing and reading.
-module(bigints).
-export([main/0]).

main() ->
    rand:seed(exsss, {1, 2, 3}),
    bench_parts:run([
        {"add_100", fun() -> add(number(100), number(100), 4000000) end},
        {"multiply_100", fun() -> multiply(number(100), number(100), 4000000) end},
        {"multiply_1000", fun() -> multiply(number(1000), number(1000), 300000) end},
        {"multiply_10000", fun() -> multiply(number(10000), number(10000), 2000) end},
        {"multiply_100000", fun() -> multiply(number(100000), number(100000), 40) end},
        {"divide_200_100", fun() -> divide(number(200), number(100), 1000000) end},
        {"divide_2000_1000", fun() -> divide(number(2000), number(1000), 40000) end},
        {"divide_100000_50000", fun() -> divide(number(100000), number(50000), 20) end},
        {"power_mod_512", fun() -> [power_mod(number(512), number(512), number(512) bor 1, 1) || _ <- lists:seq(1, 150)] end},
        {"power_of_3", fun() -> [power(3, 20000) || _ <- lists:seq(1, 600)] end},
        {"factorial_2000", fun() -> [factorial(2000, 1) || _ <- lists:seq(1, 120)] end},
        {"fibonacci_10000", fun() -> [fibonacci(10000, 0, 1) || _ <- lists:seq(1, 100)] end},
        {"gcd_1000", fun() -> [gcd(number(1000), number(1000)) || _ <- lists:seq(1, 3000)] end},
        {"bits_256", fun() -> bits(number(256), number(256), 2000000) end},
        {"word_64", fun() -> word(16#9E3779B97F4A7C15, 1, 2000000) end},
        {"print_100", fun() -> N = number(100), [integer_to_list(N) || _ <- lists:seq(1, 300000)] end},
        {"print_10000", fun() -> N = number(10000), [integer_to_binary(N) || _ <- lists:seq(1, 300)] end},
        {"print_100000", fun() -> N = number(100000), [integer_to_binary(N) || _ <- lists:seq(1, 5)] end},
        {"read_100", fun() -> Text = integer_to_list(number(100)), [list_to_integer(Text) || _ <- lists:seq(1, 300000)] end},
        {"read_10000", fun() -> Text = integer_to_binary(number(10000)), [binary_to_integer(Text) || _ <- lists:seq(1, 1000)] end},
        {"read_100000", fun() -> Text = integer_to_binary(number(100000)), [binary_to_integer(Text) || _ <- lists:seq(1, 10)] end}
    ]).

number(Bits) -> rand:uniform(1 bsl (Bits - 1)) bor (1 bsl (Bits - 1)).

add(_, _, 0) -> ok;
add(A, B, N) -> _ = A + B - N, add(A, B, N - 1).

multiply(_, _, 0) -> ok;
multiply(A, B, N) -> _ = A * B, multiply(A, B, N - 1).

divide(_, _, 0) -> ok;
divide(A, B, N) -> A = (A div B) * B + A rem B, divide(A, B, N - 1).

power_mod(_, 0, _, Product) -> Product;
power_mod(Base, N, Modulus, Product) when N band 1 =:= 1 -> power_mod(Base * Base rem Modulus, N bsr 1, Modulus, Product * Base rem Modulus);
power_mod(Base, N, Modulus, Product) -> power_mod(Base * Base rem Modulus, N bsr 1, Modulus, Product).

power(_, 0) -> 1;
power(Base, N) when N band 1 =:= 1 -> Base * power(Base, N - 1);
power(Base, N) -> Half = power(Base, N bsr 1), Half * Half.

factorial(0, Product) -> Product;
factorial(N, Product) -> factorial(N - 1, Product * N).

fibonacci(0, A, _) -> A;
fibonacci(N, A, B) -> fibonacci(N - 1, B, A + B).

gcd(A, 0) -> A;
gcd(A, B) -> gcd(B, A rem B).

bits(_, _, 0) -> ok;
bits(A, B, N) -> _ = ((A bxor B) band (A bor B)) bsr (N band 63), bits(A, B, N - 1).

%% A generator of 64-bit numbers, as hashes and random numbers compute.
word(_, X, 0) -> X;
word(Step, X, N) -> word(Step, ((X bxor (X bsr 13)) * Step + N) band 16#FFFFFFFFFFFFFFFF, N - 1).
