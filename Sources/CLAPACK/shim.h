// The few routines of LAPACK that are used, by their Fortran names: OpenBLAS and Accelerate have them, headers for
// them are not everywhere. Integers have 32 bits; the lengths of strings follow the arguments, as gfortran passes
// them (libraries that do not expect them do not look).
#pragma once
#include <stddef.h>

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
