// The only door to ARPACK's header: below arpack/ on Debian and Ubuntu, elsewhere sometimes arpack-ng/ or plain.
#pragma once
#if __has_include(<arpack/arpack.h>)
#include <arpack/arpack.h>
#elif __has_include(<arpack-ng/arpack.h>)
#include <arpack-ng/arpack.h>
#else
#include <arpack.h>
#endif

// The integer that ARPACK was built with, usually 32 bits.
typedef a_int arpack_integer;
