package dev.lamina.cpu.attention;

import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.gemm.Workspace;
import dev.lamina.cpu.pool.FreeList;
import dev.lamina.cpu.pool.Pool;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Attention by blocks (Dao, "FlashAttention-2", 2023): for each block of queries the scores of some hundred keys at a time, their
 * exponentials in the same place, and their product with the values, with sums that are brought to a common scale. Keys and
 * values are packed once, before.
 */
final class Forward implements Kernel {
    private static final int UNITS_PER_BLOCK = 8;

    private final Sizes sizes;
    private final Operand q;
    private final Operand k;
    private final Operand v;
    private final Optional<Operand> bias;
    private final Operand out;
    private final Operand sums;
    private final Blocks scores;
    private final Blocks values;
    private final RowCode.Layout layout;
    private final Entry first;
    private final Entry later;
    private final Entry finish;
    private final long scratch;
    private final long workspace;
    private final Pool pool;
    private final FreeList<Run> runs = new FreeList<>(Run::new);

    private Forward(
            Task.Attention task, Sizes sizes, Blocks scores, Blocks values, Isa isa, Pool pool, CodeBatch batch) {
        this.sizes = sizes;
        this.scores = scores;
        this.values = values;
        this.pool = pool;
        q = Operand.of(task.q());
        k = Operand.of(task.k());
        v = Operand.of(task.v());
        bias = task.bias().map(Operand::of);
        out = Operand.of(task.out());
        sums = Operand.of(task.sums());
        long rows = Math.ceilDiv(sizes.fullRows(), 16) * 64L;
        long outRow = Math.ceilDiv(sizes.valueWidth(), 16) * 64L;
        layout = new RowCode.Layout(
                2 * rows + sizes.fullRows() * outRow,
                sizes.scoreRow(),
                0,
                2 * rows,
                0,
                rows,
                sizes.valueWidth(),
                task.scale(),
                sizes.causal());
        int bits = isa.vectorBits();
        first = batch.add("attention-first", RowCode.softmax(bits, layout, bias, true));
        later = batch.add("attention-later", RowCode.softmax(bits, layout, bias, false));
        finish = batch.add("attention-finish", RowCode.finish(bits, layout, out, sums));
        scratch = layout.scores() + sizes.fullRows() * layout.scoreRow();
        workspace = scratch + Math.max(scores.scratch(), values.scratch());
        Workspace.reserve(false, pool.threads(), workspace);
        Workspace.reserve(true, 1, packedBytes());
    }

    /** The kernel; null if there is no machine code for it. */
    static @Nullable Forward of(Task.Attention task, Isa isa, Pool pool, CodeBatch batch) {
        Sizes sizes = Sizes.of(task.q(), task.k(), task.v(), UNITS_PER_BLOCK, task.causal());
        Operand q = Operand.of(task.q());
        Operand k = Operand.of(task.k());
        Operand v = Operand.of(task.v());
        long row = sizes.scoreRow();
        Blocks scores = Blocks.of(
                task.rounded(),
                sizes.queryCut(),
                sizes.keyCut(),
                Blocks.Cut.whole(sizes.width()),
                q.row(),
                q.column(),
                k.column(),
                k.row(),
                row,
                isa);
        Blocks values = Blocks.of(
                task.rounded(),
                sizes.queryCut(),
                Blocks.Cut.whole(sizes.valueWidth()),
                sizes.keyCut(),
                row,
                Float.BYTES,
                v.row(),
                v.column(),
                Math.ceilDiv(sizes.valueWidth(), 16) * 64L,
                isa);
        return scores == null || values == null ? null : new Forward(task, sizes, scores, values, isa, pool, batch);
    }

    private long packedBytes() {
        return (long) sizes.batch() * sizes.groups() * sizes.units() * (scores.packedB() + values.packedB());
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = runs.take();
        Workspace packed = Workspace.take(true, packedBytes());
        try {
            run.bind(buffers, packed.address());
            int heads = sizes.batch() * sizes.groups();
            if (packedBytes() > 0) {
                run.packing = true;
                pool.run(heads * sizes.units(), run);
            }
            run.packing = false;
            pool.run(sizes.batch() * sizes.heads() * sizes.blocks(), run);
        } finally {
            packed.give();
            runs.give(run);
            Reference.reachabilityFence(buffers);
        }
    }

    /** One run: addresses, and what a task of the pool does. */
    private final class Run implements Pool.Task {
        private boolean packing;
        private long packed;
        private long qBase;
        private long kBase;
        private long vBase;
        private long biasBase;
        private long outBase;
        private long sumBase;

        private void bind(MemorySegment[] buffers, long packedAt) {
            packed = packedAt;
            qBase = q.base(buffers);
            kBase = k.base(buffers);
            vBase = v.base(buffers);
            biasBase = bias.isPresent() ? bias.get().base(buffers) : 0;
            outBase = out.base(buffers);
            sumBase = sums.base(buffers);
        }

        @Override
        public void run(int index) {
            Workspace own = Workspace.take(false, workspace);
            try {
                if (packing) {
                    pack(index / sizes.units(), index % sizes.units(), own.address());
                } else {
                    // Head by head, so that its keys stay in the cache; blocks that see little come last, and threads
                    // end together.
                    int head = index / sizes.blocks();
                    int block = sizes.blocks() - 1 - index % sizes.blocks();
                    block(head / sizes.heads(), head % sizes.heads(), block, own.address());
                }
            } finally {
                own.give();
            }
        }

        private long keyAt(int head, int unit) {
            return scores.packedB() == 0
                    ? kBase + k.at(head / sizes.groups(), head % sizes.groups()) + (long) unit * sizes.unit() * k.row()
                    : packed + ((long) head * sizes.units() + unit) * scores.packedB();
        }

        private long valueAt(int head, int unit) {
            long behind = packed + (long) sizes.batch() * sizes.groups() * sizes.units() * scores.packedB();
            return values.packedB() == 0
                    ? vBase + v.at(head / sizes.groups(), head % sizes.groups()) + (long) unit * sizes.unit() * v.row()
                    : behind + ((long) head * sizes.units() + unit) * values.packedB();
        }

        private void pack(int head, int unit, long own) {
            int keys = sizes.keys(unit, unit + 1);
            int example = head / sizes.groups();
            int group = head % sizes.groups();
            long from = (long) unit * sizes.unit();
            if (scores.packedB() > 0) {
                long at = kBase + k.at(example, group) + from * k.row();
                scores.pack(at, keys, sizes.width(), keyAt(head, unit), own + scratch);
            }
            if (values.packedB() > 0) {
                long at = vBase + v.at(example, group) + from * v.row();
                values.pack(at, sizes.valueWidth(), keys, valueAt(head, unit), own + scratch);
            }
        }

        private void block(int example, int head, int block, long own) {
            int rows = sizes.rows(block);
            long row = (long) block * sizes.unit();
            int end = sizes.unitsOf(block);
            for (int unit = 0; unit < end; unit += sizes.unitsPerBlock()) {
                scores(example, head, block, unit, Math.min(end, unit + sizes.unitsPerBlock()), own);
            }
            finish.call(
                    own,
                    rows,
                    sumBase + sums.at(example, head) + row * sums.row(),
                    outBase + out.at(example, head) + row * out.row());
        }

        private void scores(int example, int head, int block, int from, int to, long own) {
            int keyHead = example * sizes.groups() + head / sizes.group();
            int rows = sizes.rows(block);
            long row = (long) block * sizes.unit();
            long queries = qBase + q.at(example, head) + row * q.row();
            long at = own + layout.scores();
            for (int unit = from; unit < to; unit++) {
                long place = at + (long) (unit - from) * sizes.unit() * Float.BYTES;
                int keys = sizes.keys(unit, unit + 1);
                scores.run(queries, keyAt(keyHead, unit), place, rows, keys, sizes.width(), false, own + scratch);
            }
            long added = bias.isEmpty()
                    ? 0
                    : biasBase
                            + bias.get().at(example, head)
                            + row * bias.get().row()
                            + (long) from * sizes.unit() * bias.get().column();
            long shape = rows | (long) sizes.keys(from, to) << 32;
            (from == 0 ? first : later).call(own, shape, sizes.seen(block, from), added);
            for (int unit = from; unit < to; unit++) {
                long place = at + (long) (unit - from) * sizes.unit() * Float.BYTES;
                int keys = sizes.keys(unit, unit + 1);
                long sum = own + layout.out();
                values.run(place, valueAt(keyHead, unit), sum, rows, sizes.valueWidth(), keys, unit > 0, own + scratch);
            }
        }
    }
}
