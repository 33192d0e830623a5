// The only door to SuiteSparse's headers: below suitesparse/ on Debian and Ubuntu, plain elsewhere.
#pragma once
#if __has_include(<suitesparse/cholmod.h>)
#include <suitesparse/cholmod.h>
#include <suitesparse/klu.h>
#include <suitesparse/umfpack.h>
#else
#include <cholmod.h>
#include <klu.h>
#include <umfpack.h>
#endif
