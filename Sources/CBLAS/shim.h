// The few dense kernels that are used, by their Fortran names, which OpenBLAS and Accelerate share. Matrices are
// stored column by column; `ld` is the distance of two columns. The lengths of the character arguments come
// last, as gfortran passes them; libraries that do not expect them do not look.
#pragma once
#include <stddef.h>

void dtrsm_(const char *side, const char *uplo, const char *trans, const char *diag, const int *m, const int *n,
            const double *alpha, const double *a, const int *lda, double *b, const int *ldb, size_t, size_t,
            size_t, size_t);
void dsymm_(const char *side, const char *uplo, const int *m, const int *n, const double *alpha, const double *a,
            const int *lda, const double *b, const int *ldb, const double *beta, double *c, const int *ldc,
            size_t, size_t);
void dsyrk_(const char *uplo, const char *trans, const int *n, const int *k, const double *alpha, const double *a,
            const int *lda, const double *beta, double *c, const int *ldc, size_t, size_t);
void dgemm_(const char *transa, const char *transb, const int *m, const int *n, const int *k, const double *alpha,
            const double *a, const int *lda, const double *b, const int *ldb, const double *beta, double *c,
            const int *ldc, size_t, size_t);

// B <- L^-1 B, L lower triangular n x n, B n x m.
static inline void dense_solve_lower(int n, int m, const double *l, int ldl, double *b, int ldb) {
  const double one = 1;
  dtrsm_("L", "L", "N", "N", &n, &m, &one, l, &ldl, b, &ldb, 1, 1, 1, 1);
}

// B <- B L^-1, L lower triangular n x n, B m x n.
static inline void dense_solve_lower_right(int m, int n, const double *l, int ldl, double *b, int ldb) {
  const double one = 1;
  dtrsm_("R", "L", "N", "N", &m, &n, &one, l, &ldl, b, &ldb, 1, 1, 1, 1);
}

// C <- -S B, S symmetric m x m with its lower triangle stored, B m x n.
static inline void dense_subtract_symmetric(int m, int n, const double *s, int lds, const double *b, int ldb,
                                            double *c, int ldc) {
  const double minus = -1, zero = 0;
  dsymm_("L", "L", &m, &n, &minus, s, &lds, b, &ldb, &zero, c, &ldc, 1, 1);
}

// The lower triangle of C <- A^T A, A k x n.
static inline void dense_gram_lower(int n, int k, const double *a, int lda, double *c, int ldc) {
  const double one = 1, zero = 0;
  dsyrk_("L", "T", &n, &k, &one, a, &lda, &zero, c, &ldc, 1, 1);
}

// C <- C - A^T B, A k x m, B k x n.
static inline void dense_subtract_product(int m, int n, int k, const double *a, int lda, const double *b, int ldb,
                                          double *c, int ldc) {
  const double minus = -1, one = 1;
  dgemm_("T", "N", &m, &n, &k, &minus, a, &lda, b, &ldb, &one, c, &ldc, 1, 1);
}
