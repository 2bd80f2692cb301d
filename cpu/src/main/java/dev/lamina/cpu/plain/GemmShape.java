package dev.lamina.cpu.plain;

import dev.lamina.core.DType;
import dev.lamina.core.ShapeException;

/**
 * The matrix product C = A B: sizes, element type, and where the elements are. A is (M, K), B is (K, N), C is (M, N). Element
 * (i, j) of A is at offset + i * aRow + j * aColumn, counted in elements; so a transposed matrix has its strides swapped, and a
 * stride of 0 repeats.
 *
 * @param dtype element type of the three
 * @param m rows of A and C
 * @param n columns of B and C
 * @param k columns of A and rows of B; if 0, C is zero
 * @param aRow distance of neighbours in a column of A
 * @param aColumn distance of neighbours in a row of A
 * @param bRow distance of neighbours in a column of B
 * @param bColumn distance of neighbours in a row of B
 * @param cRow distance of neighbours in a column of C
 * @param cColumn distance of neighbours in a row of C
 */
public record GemmShape(
        DType dtype, int m, int n, int k, long aRow, long aColumn, long bRow, long bColumn, long cRow, long cColumn) {

    /** Checks the sizes, and that no two elements of C share a place. */
    public GemmShape {
        if (m < 0 || n < 0 || k < 0) {
            throw new ShapeException("matmul: expected sizes of at least 0, got m " + m + ", n " + n + ", k " + k
                    + "; check the operands");
        }
        if (dtype == DType.BOOL) {
            throw new ShapeException("matmul: expected numbers, got bool; cast the operands");
        }
        if (!isApart(m, n, Math.abs(cRow), Math.abs(cColumn))) {
            throw new ShapeException("matmul: expected a result without overlap, got strides (" + cRow + ", " + cColumn
                    + ") for (" + m + ", " + n + "); write to a contiguous result");
        }
    }

    private static boolean isApart(int m, int n, long row, long column) {
        if (m <= 1 || n <= 1) {
            return (m <= 1 || n == 0 || row != 0) && (n <= 1 || m == 0 || column != 0);
        }
        return row != 0 && column != 0 && (row >= column * n || column >= row * m);
    }

    /** The product of row-major matrices without gaps. */
    public static GemmShape contiguous(DType dtype, int m, int n, int k) {
        return new GemmShape(dtype, m, n, k, k, 1, n, 1, n, 1);
    }

    GemmShape withRows(int rows) {
        return new GemmShape(dtype, rows, n, k, aRow, aColumn, bRow, bColumn, cRow, cColumn);
    }

    /** Multiplications and additions of one product. */
    public double operations() {
        return 2.0 * m * n * k;
    }
}
