// The only door to SuiteSparse's headers: below suitesparse/ on Debian and Ubuntu, plain elsewhere.
#pragma once
#if __has_include(<suitesparse/cholmod.h>)
#include <suitesparse/cholmod.h>
#include <suitesparse/klu.h>
#include <suitesparse/umfpack.h>
#include <suitesparse/SuiteSparseQR_C.h>
#else
#include <cholmod.h>
#include <klu.h>
#include <umfpack.h>
#include <SuiteSparseQR_C.h>
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

// A E = Q R with R of as many rows as A's rank, which is returned (-1 is a failure), Q as H, HTau and HPinv. Only
// pointers without the integer types that SuiteSparse's versions spell differently.
static inline long long spqr_factorize(
    int ordering, double tolerance, cholmod_sparse *matrix, cholmod_sparse **triangle,
    void **column_order, cholmod_sparse **reflectors, void **row_places, cholmod_dense **scales,
    cholmod_common *common) {
  SuiteSparse_long *order = NULL, *places = NULL;
  long long rank = SuiteSparseQR_C(
      ordering, tolerance, 0, 0, matrix, NULL, NULL, NULL, NULL, triangle, &order, reflectors,
      &places, scales, common);
  *column_order = order;
  *row_places = places;
  return rank;
}
