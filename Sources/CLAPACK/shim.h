// The few routines of BLAS and LAPACK that are used, by their Fortran names: OpenBLAS and Accelerate have them,
// headers for them are not everywhere. Matrices are stored column by column; `ld` is the distance of two columns.
// Integers have 32 bits; the lengths of strings follow the arguments, as gfortran passes them (libraries that do not
// expect them do not look).
#pragma once
#include <stddef.h>

// Products and triangular solves of dense matrices.
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

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info, size_t);

// The Cholesky factor L of a symmetric matrix in place of its lower triangle; returns the number of the first pivot,
// counted from one, that is not positive, or 0.
static inline int dense_cholesky_lower(int n, double *a, int lda) {
  int info = 0;
  dpotrf_("L", &n, a, &lda, &info, 1);
  return info;
}

// B <- B L^-T, L lower triangular n x n, B m x n.
static inline void dense_solve_lower_transposed_right(int m, int n, const double *l, int ldl, double *b, int ldb) {
  const double one = 1;
  dtrsm_("R", "L", "T", "N", &m, &n, &one, l, &ldl, b, &ldb, 1, 1, 1, 1);
}

// The lower triangle of C <- beta C - A A^T, A n x k.
static inline void dense_subtract_gram_lower(int n, int k, const double *a, int lda, double beta, double *c, int ldc) {
  const double minus = -1;
  dsyrk_("L", "N", &n, &k, &minus, a, &lda, &beta, c, &ldc, 1, 1);
}

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

// P A = L U of a general matrix, with partial pivoting; row i was exchanged with row ipiv[i] - 1.
void dgetrf_(const int *m, const int *n, double *a, const int *lda, int *ipiv, int *info);

// A = Q B P^T with an upper bidiagonal B of m >= n rows, and products with Q and P.
void dgebrd_(const int *m, const int *n, double *a, const int *lda, double *d, double *e, double *tauq,
             double *taup, double *work, const int *lwork, int *info);
void dormbr_(const char *vect, const char *side, const char *trans, const int *m, const int *n, const int *k,
             const double *a, const int *lda, const double *tau, double *c, const int *ldc, double *work,
             const int *lwork, int *info, size_t vect_length, size_t side_length, size_t trans_length);

// Eigenvalues and eigenvectors of a symmetric matrix, by divide and conquer.
void dsyevd_(const char *jobz, const char *uplo, const int *n, double *a, const int *lda, double *w,
             double *work, const int *lwork, int *iwork, const int *liwork, int *info,
             size_t jobz_length, size_t uplo_length);

// The same of a symmetric pencil with a positive definite second matrix.
void dsygvd_(const int *itype, const char *jobz, const char *uplo, const int *n, double *a, const int *lda,
             double *b, const int *ldb, double *w, double *work, const int *lwork, int *iwork,
             const int *liwork, int *info, size_t jobz_length, size_t uplo_length);

// Eigenvalues, left and right eigenvectors of a general matrix.
void dgeev_(const char *jobvl, const char *jobvr, const int *n, double *a, const int *lda, double *wr,
            double *wi, double *vl, const int *ldvl, double *vr, const int *ldvr, double *work,
            const int *lwork, int *info, size_t jobvl_length, size_t jobvr_length);
