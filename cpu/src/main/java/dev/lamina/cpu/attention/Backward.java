package dev.lamina.cpu.attention;

import dev.lamina.core.DType;
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
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The gradients of an attention by blocks. One task has one head of keys with all queries that read it, so that everything is added up in
 * one order: block of keys after block of keys, and in it block of queries after block of queries.
 */
final class Backward implements Kernel {
    private static final int UNITS_PER_BLOCK = 4;

    /** The five products, of blocks of R queries and C keys: scores (R, C), and four more. */
    private record Products(Blocks scores, Blocks upstream, Blocks dq, Blocks dk, Blocks dv) {
        long scratch() {
            long most = Math.max(scores.scratch(), upstream.scratch());
            return Math.max(Math.max(most, dq.scratch()), Math.max(dk.scratch(), dv.scratch()));
        }
    }

    private final Sizes sizes;
    private final List<Operand> in;
    private final Optional<Operand> bias;
    private final Operand dq;
    private final Operand dk;
    private final Operand dv;
    private final Products products;
    private final RowCode.Layout layout;
    private final Entry rows;

    /** Where the parts of a workspace begin: packed keys (of a block), packed queries (of a head), what products need. */
    private final long keyPlace;

    private final long queryPlace;
    private final long scratch;
    private final long workspace;
    private final Pool pool;
    private final FreeList<Run> runs = new FreeList<>(Run::new);

    private Backward(Task.AttentionGradient task, Sizes sizes, Products products, Isa isa, Pool pool, CodeBatch batch) {
        this.sizes = sizes;
        this.products = products;
        this.pool = pool;
        in = task.inputs().stream().map(Operand::of).toList();
        bias = task.bias().map(Operand::of);
        dq = Operand.of(task.dq());
        dk = Operand.of(task.dk());
        dv = Operand.of(task.dv());
        long block = sizes.fullRows() * sizes.scoreRow();
        layout = new RowCode.Layout(
                64, sizes.scoreRow(), 64 + block, 0, 0, 0, sizes.valueWidth(), task.scale(), sizes.causal());
        rows = batch.add("attention-gradient", RowCode.gradient(isa.vectorBits(), layout, bias, in.get(3), in.get(4)));
        keyPlace = 64 + 2 * block;
        queryPlace = keyPlace
                + sizes.unitsPerBlock()
                        * (products.scores.packedB() + products.upstream.packedB() + products.dq.packedB());
        scratch = queryPlace + sizes.blocks() * (products.dk.packedB() + products.dv.packedB());
        workspace = scratch + products.scratch();
        Workspace.reserve(false, pool.threads(), workspace);
    }

    /** The kernel; null if there is no machine code for it. */
    static @Nullable Backward of(Task.AttentionGradient task, Isa isa, Pool pool, CodeBatch batch) {
        List<Operand> in = task.inputs().stream().map(Operand::of).toList();
        Sizes sizes = Sizes.of(
                task.inputs().get(0), task.inputs().get(1), task.inputs().get(2), UNITS_PER_BLOCK, task.causal());
        Operand q = in.get(0);
        Operand k = in.get(1);
        Operand v = in.get(2);
        Operand g = in.get(5);
        DType rounded = task.rounded();
        Blocks.Cut queries = sizes.queryCut();
        Blocks.Cut keys = sizes.keyCut();
        Blocks.Cut width = Blocks.Cut.whole(sizes.width());
        Blocks.Cut wide = Blocks.Cut.whole(sizes.valueWidth());
        long row = sizes.scoreRow();
        Blocks scores = Blocks.of(rounded, queries, keys, width, q.row(), q.column(), k.column(), k.row(), row, isa);
        Blocks upstream = Blocks.of(rounded, queries, keys, wide, g.row(), g.column(), v.column(), v.row(), row, isa);
        long dqRow = Operand.of(task.dq()).row();
        Blocks dq = Blocks.of(rounded, queries, width, keys, row, Float.BYTES, k.row(), k.column(), dqRow, isa);
        long dkRow = Operand.of(task.dk()).row();
        Blocks dk = Blocks.of(rounded, keys, width, queries, Float.BYTES, row, q.row(), q.column(), dkRow, isa);
        long dvRow = Operand.of(task.dv()).row();
        Blocks dv = Blocks.of(rounded, keys, wide, queries, Float.BYTES, row, g.row(), g.column(), dvRow, isa);
        if (scores == null || upstream == null || dq == null || dk == null || dv == null) {
            return null;
        }
        return new Backward(task, sizes, new Products(scores, upstream, dq, dk, dv), isa, pool, batch);
    }

    @Override
    public void run(MemorySegment[] buffers) {
        Run run = runs.take();
        try {
            run.bind(buffers);
            pool.run(sizes.batch() * sizes.groups(), run);
        } finally {
            run.buffers = new MemorySegment[0];
            runs.give(run);
            Reference.reachabilityFence(buffers);
        }
    }

    /** One run: addresses, and what a task of the pool does. */
    private final class Run implements Pool.Task {
        private MemorySegment[] buffers = new MemorySegment[0];
        private final long[] bases = new long[7];
        private long dqBase;
        private long dkBase;
        private long dvBase;

        private void bind(MemorySegment[] all) {
            buffers = all;
            for (int i = 0; i < in.size(); i++) {
                bases[i] = in.get(i).base(all);
            }
            dqBase = dq.base(all);
            dkBase = dk.base(all);
            dvBase = dv.base(all);
        }

        @Override
        public void run(int index) {
            Workspace own = Workspace.take(false, workspace);
            try {
                group(index / sizes.groups(), index % sizes.groups(), own);
            } finally {
                own.give();
            }
        }

        /** One head of keys. */
        private void group(int example, int group, Workspace own) {
            int seen = sizes.causal() ? Math.min(sizes.units(), sizes.blocks()) : sizes.units();
            clear(dk, sizes.width(), example, group, seen * sizes.unit());
            clear(dv, sizes.valueWidth(), example, group, seen * sizes.unit());
            for (int r = 0; r < sizes.group(); r++) {
                int head = group * sizes.group() + r;
                packQueries(example, head, own.address());
                for (int unit = 0; unit < seen; unit += sizes.unitsPerBlock()) {
                    int end = Math.min(seen, unit + sizes.unitsPerBlock());
                    packKeys(example, group, unit, end, own.address());
                    for (int block = sizes.causal() ? unit : 0; block < sizes.blocks(); block++) {
                        block(example, head, block, unit, Math.min(end, sizes.unitsOf(block)), own);
                    }
                }
            }
        }

        /** Keys that nobody sees have no gradient. */
        private void clear(Operand to, int width, int example, int group, int from) {
            for (int key = from; key < sizes.keys(); key++) {
                buffers[to.buffer()]
                        .asSlice(to.at(example, group) + key * to.row(), (long) width * Float.BYTES)
                        .fill((byte) 0);
            }
        }

        private long at(int input, int example, int head, long row) {
            return bases[input]
                    + in.get(input).at(example, head)
                    + row * in.get(input).row();
        }

        private void packQueries(int example, int head, long own) {
            for (int block = 0; block < sizes.blocks(); block++) {
                long row = (long) block * sizes.unit();
                int count = sizes.rows(block);
                products.dk.pack(
                        at(0, example, head, row), sizes.width(), count, packedQuery(block, own), own + scratch);
                products.dv.pack(
                        at(5, example, head, row),
                        sizes.valueWidth(),
                        count,
                        packedUpstream(block, own),
                        own + scratch);
            }
        }

        private long packedQuery(int block, long own) {
            return own + queryPlace + block * (products.dk.packedB() + products.dv.packedB());
        }

        private long packedUpstream(int block, long own) {
            return packedQuery(block, own) + products.dk.packedB();
        }

        private void packKeys(int example, int group, int from, int to, long own) {
            for (int unit = from; unit < to; unit++) {
                long row = (long) unit * sizes.unit();
                int keys = sizes.keys(unit, unit + 1);
                long place = packedKeys(unit - from, own);
                long key = at(1, example, group, row);
                products.scores.pack(key, keys, sizes.width(), place, own + scratch);
                place += products.scores.packedB();
                products.upstream.pack(at(2, example, group, row), keys, sizes.valueWidth(), place, own + scratch);
                place += products.upstream.packedB();
                products.dq.pack(key, sizes.width(), keys, place, own + scratch);
            }
        }

        private long packedKeys(int unit, long own) {
            return own
                    + keyPlace
                    + unit * (products.scores.packedB() + products.upstream.packedB() + products.dq.packedB());
        }

        /** A block of queries and some units of keys. */
        private void block(int example, int head, int block, int from, int to, Workspace own) {
            long row = (long) block * sizes.unit();
            own.put(0, at(3, example, head, row));
            own.put(8, at(4, example, head, row));
            if (bias.isPresent()) {
                own.put(
                        16,
                        at(6, example, head, row)
                                + (long) from * sizes.unit() * bias.get().column());
            }
            for (int unit = from; unit < to; unit++) {
                before(example, head, block, unit, unit - from, own.address());
            }
            long shape = sizes.rows(block) | (long) sizes.keys(from, to) << 32;
            rows.call(own.address(), shape, sizes.seen(block, from), own.address());
            for (int unit = from; unit < to; unit++) {
                after(example, head, block, unit, unit - from, own.address());
            }
        }

        /** Scores, and upstream gradients times values. */
        private void before(int example, int head, int block, int unit, int place, long own) {
            int count = sizes.rows(block);
            int keys = sizes.keys(unit, unit + 1);
            long row = (long) block * sizes.unit();
            int group = head / sizes.group();
            long column = (long) place * sizes.unit() * Float.BYTES;
            long packed = packedKeys(place, own);
            products.scores.run(
                    at(0, example, head, row),
                    products.scores.packedB() > 0 ? packed : at(1, example, group, (long) unit * sizes.unit()),
                    own + layout.scores() + column,
                    count,
                    keys,
                    sizes.width(),
                    false,
                    own + scratch);
            products.upstream.run(
                    at(5, example, head, row),
                    products.upstream.packedB() > 0
                            ? packed + products.scores.packedB()
                            : at(2, example, group, (long) unit * sizes.unit()),
                    own + layout.gradients() + column,
                    count,
                    keys,
                    sizes.valueWidth(),
                    false,
                    own + scratch);
        }

        /** What the gradients of the scores give. */
        private void after(int example, int head, int block, int unit, int place, long own) {
            int count = sizes.rows(block);
            int keys = sizes.keys(unit, unit + 1);
            long row = (long) block * sizes.unit();
            long key = (long) unit * sizes.unit();
            int group = head / sizes.group();
            long column = (long) place * sizes.unit() * Float.BYTES;
            boolean started = head % sizes.group() > 0 || block > (sizes.causal() ? unit : 0);
            long packed = packedKeys(place, own) + products.scores.packedB() + products.upstream.packedB();
            products.dq.run(
                    own + layout.gradients() + column,
                    products.dq.packedB() > 0 ? packed : at(1, example, group, key),
                    dqBase + dq.at(example, head) + row * dq.row(),
                    count,
                    sizes.width(),
                    keys,
                    unit > 0,
                    own + scratch);
            products.dk.run(
                    own + layout.gradients() + column,
                    products.dk.packedB() > 0 ? packedQuery(block, own) : at(0, example, head, row),
                    dkBase + dk.at(example, group) + key * dk.row(),
                    keys,
                    sizes.width(),
                    count,
                    started,
                    own + scratch);
            products.dv.run(
                    own + layout.scores() + column,
                    products.dv.packedB() > 0 ? packedUpstream(block, own) : at(5, example, head, row),
                    dvBase + dv.at(example, group) + key * dv.row(),
                    keys,
                    sizes.valueWidth(),
                    count,
                    started,
                    own + scratch);
        }
    }
}
