package dev.lamina.cpu.plain;

/**
 * Scratch memory of one thread for matrix products of one element type, and the loops over it. Native memory is copied here
 * first because the JIT compiler turns loops over Java arrays into vector instructions, and loops over segments not.
 *
 * <p>All loops compute an element of out as fma(left(i, k-1), right(k-1, j), ... fma(left(i, 0), right(0, j), 0)): one chain in
 * the order of k. So the bits depend on nothing but the elements.
 */
abstract class Panels {
    /** Makes room for a panel of right. Not for several threads at once, unlike the other methods. */
    abstract void prepare(int kCount, int width);

    /**
     * Copies rows k0+from .. k0+to of right, columns j0 .. j0+width, to rows from .. to of a panel.
     *
     * @param panels who has the panel; several threads may fill it at the same time
     */
    abstract void pack(GemmJob job, int item, Panels panels, int k0, int from, int to, int j0, int width);

    /**
     * Adds the product of left rows i0 .. i1 and a panel to out; starts from zero unless {@link GemmJob#continues}.
     *
     * @param panels who has the panel of right; this one holds left and the rows of out
     */
    abstract void multiply(GemmJob job, int item, Panels panels, int i0, int i1, int k0, int kCount, int j0, int width);

    /** Computes rows i0 .. i1 of out in small tiles. */
    abstract void tiles(GemmJob job, int item, int i0, int i1);
}
