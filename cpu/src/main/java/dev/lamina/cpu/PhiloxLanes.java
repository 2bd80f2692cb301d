package dev.lamina.cpu;

import dev.lamina.core.op.Philox;

/**
 * {@link Philox} for runs of positions: many blocks side by side, one round at a time, so that the JIT uses vector
 * multiplications. Gives the same numbers.
 */
final class PhiloxLanes {
    private static final int LANES = 128;
    private static final long LOW = 0xffff_ffffL;

    private final long[] c0 = new long[Workspace.padded(LANES, 8)];
    private final long[] c1 = new long[Workspace.padded(LANES, 8)];
    private final long[] c2 = new long[Workspace.padded(LANES, 8)];
    private final long[] c3 = new long[Workspace.padded(LANES, 8)];
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
            copyFloats(skip, to, at + done, take);
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

    private void copyFloats(int skip, float[] to, int at, int n) {
        int i = 0;
        for (; i < n && (skip + i) % 4 != 0; i++) {
            to[at + i] = word(skip + i);
        }
        for (; i + 3 < n; i += 4) {
            int lane = (skip + i) / 4;
            to[at + i] = Philox.toFloat((int) c0[lane]);
            to[at + i + 1] = Philox.toFloat((int) c1[lane]);
            to[at + i + 2] = Philox.toFloat((int) c2[lane]);
            to[at + i + 3] = Philox.toFloat((int) c3[lane]);
        }
        for (; i < n; i++) {
            to[at + i] = word(skip + i);
        }
    }

    private float word(int index) {
        long[] words = index % 4 == 0 ? c0 : index % 4 == 1 ? c1 : index % 4 == 2 ? c2 : c3;
        return Philox.toFloat((int) words[index / 4]);
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
            long p0 = c0[i] * 0xD2511F53L;
            long p1 = c2[i] * 0xCD9E8D57L;
            c0[i] = (p1 >>> 32) ^ c1[i] ^ k0;
            c1[i] = p1 & LOW;
            c2[i] = (p0 >>> 32) ^ c3[i] ^ k1;
            c3[i] = p0 & LOW;
        }
    }
}
