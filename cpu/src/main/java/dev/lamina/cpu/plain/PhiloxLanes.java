package dev.lamina.cpu.plain;

import dev.lamina.core.op.Philox;

/**
 * {@link Philox} for runs of positions: many blocks side by side, one round at a time, so that the JIT uses vector
 * multiplications. Gives the same numbers.
 */
final class PhiloxLanes {
    private static final int LANES = 256;
    private static final long LOW = 0xffff_ffffL;

    private final long[] c0 = new long[Workspace.padded(LANES, 8)];
    private final long[] c1 = new long[Workspace.padded(LANES, 8)];
    private final long[] c2 = new long[Workspace.padded(LANES, 8)];
    private final long[] c3 = new long[Workspace.padded(LANES, 8)];
    private final float[] f0 = new float[Workspace.padded(LANES, 4)];
    private final float[] f1 = new float[Workspace.padded(LANES, 4)];
    private final float[] f2 = new float[Workspace.padded(LANES, 4)];
    private final float[] f3 = new float[Workspace.padded(LANES, 4)];
    private final int[] words = new int[4];

    /** The f32 uniforms of positions first, first + stride ... */
    void floats(long seed, long stream, long first, long stride, float[] to, int at, int n) {
        if (stride != 1) {
            for (int i = 0; i < n; i++) {
                long position = first + i * stride;
                Philox.block(seed, stream, Math.floorDiv(position, 4), words, 0);
                to[at + i] = Philox.toFloat(words[Math.floorMod(position, 4)]);
            }
            return;
        }
        int done = 0;
        while (done < n) {
            long block = Math.floorDiv(first + done, 4);
            int skip = (int) (first + done - 4 * block);
            int lanes = Math.min(LANES, (skip + n - done + 3) / 4);
            blocks(seed, stream, block, lanes);
            int take = Math.min(4 * lanes - skip, n - done);
            copyFloats(skip, to, at + done, take, lanes);
            done += take;
        }
    }

    /** The f64 uniforms of positions first, first + stride ... */
    void doubles(long seed, long stream, long first, long stride, double[] to, int at, int n) {
        for (int i = 0; i < n; i++) {
            long position = first + i * stride;
            int half = 2 * Math.floorMod(position, 2);
            Philox.block(seed, stream, Math.floorDiv(position, 2), words, 0);
            to[at + i] = Philox.toDouble(words[half], words[half + 1]);
        }
    }

    /** Copies n words as floats, the first {@code skip} of the blocks left out. */
    private void copyFloats(int skip, float[] to, int at, int n, int lanes) {
        floats(c0, f0, lanes);
        floats(c1, f1, lanes);
        floats(c2, f2, lanes);
        floats(c3, f3, lanes);
        int i = 0;
        for (; i < n && (skip + i) % 4 != 0; i++) {
            to[at + i] = word(skip + i);
        }
        int first = (skip + i) / 4;
        int whole = (n - i) / 4;
        interleave(first, whole, to, at + i);
        for (i += 4 * whole; i < n; i++) {
            to[at + i] = word(skip + i);
        }
    }

    /** {@link Philox#toFloat} in a form that the JIT makes vectors of. */
    private static void floats(long[] words, float[] d, int n) {
        for (int i = 0; i < n; i++) {
            d[i] = (float) (int) ((words[i] & LOW) >>> 8) * 0x1p-24f;
        }
    }

    private void interleave(int first, int count, float[] to, int at) {
        float[] a = f0;
        float[] b = f1;
        float[] c = f2;
        float[] d = f3;
        for (int j = 0; j < count; j++) {
            to[at + 4 * j] = a[first + j];
            to[at + 4 * j + 1] = b[first + j];
            to[at + 4 * j + 2] = c[first + j];
            to[at + 4 * j + 3] = d[first + j];
        }
    }

    private float word(int index) {
        float[] floats = index % 4 == 0 ? f0 : index % 4 == 1 ? f1 : index % 4 == 2 ? f2 : f3;
        return floats[index / 4];
    }

    private void blocks(long seed, long stream, long block, int lanes) {
        for (int i = 0; i < lanes; i++) {
            c0[i] = (block + i) & LOW;
            c1[i] = (block + i) >>> 32;
            c2[i] = stream & LOW;
            c3[i] = stream >>> 32;
        }
        int k0 = (int) seed;
        int k1 = (int) (seed >>> 32);
        for (int round = 0; round < 10; round++) {
            round(c0, c1, c2, c3, k0 & LOW, k1 & LOW, lanes);
            k0 += 0x9E3779B9;
            k1 += 0xBB67AE85;
        }
    }

    private static void round(long[] c0, long[] c1, long[] c2, long[] c3, long k0, long k1, int lanes) {
        for (int i = 0; i < lanes; i++) {
            // The masks tell the JIT that 32-bit multiplications are enough; upper halves may hold anything in between.
            long p0 = (c0[i] & LOW) * 0xD2511F53L;
            long p1 = (c2[i] & LOW) * 0xCD9E8D57L;
            c0[i] = (p1 >>> 32) ^ c1[i] ^ k0;
            c1[i] = p1;
            c2[i] = (p0 >>> 32) ^ c3[i] ^ k1;
            c3[i] = p0;
        }
    }
}
