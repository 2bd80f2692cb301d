package dev.lamina.cpu.gemm;

import dev.lamina.core.DType;

/**
 * One product C = A B of a batch. A is (M, K), B is (K, N), C is (M, N) with neighbours in a row side by side. Strides are in bytes; 0
 * repeats, negative walks back.
 *
 * @param dtype type of the elements of A, B and C
 * @param rounded BF16 if f32 elements are rounded to bf16 before they are multiplied; else {@code dtype}
 * @param m rows of A and C, at least 1
 * @param n columns of B and C, at least 1
 * @param k columns of A and rows of B; if 0, C is zero
 * @param aRow from row to row of A
 * @param aK along k in A
 * @param bK along k in B
 * @param bColumn from column to column of B
 * @param cRow from row to row of C
 */
public record Product(
        DType dtype, DType rounded, int m, int n, int k, long aRow, long aK, long bK, long bColumn, long cRow) {
    /** The same with other rows of A and C. */
    Product withRows(int rows, long row) {
        return new Product(dtype, rounded, rows, n, k, row, aK, bK, bColumn, cRow);
    }

    /** The product of the transposed matrices, whose C is the same memory if it is one column: elements of a column become a vector. */
    Product turned() {
        return new Product(dtype, rounded, n, m, k, bColumn, bK, aK, aRow, (long) m * dtype.bytes());
    }
}
