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

// Sets the number of OpenMP threads that CHOLMOD asks for, where its version has such a setting.
static inline void cholmod_common_set_threads(cholmod_common *common, int threads) {
#if CHOLMOD_MAIN_VERSION >= 4
  common->nthreads_max = threads;
#else
  (void)common;
  (void)threads;
#endif
}
