package dev.lamina.cpu.loop;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Kernel;
import dev.lamina.core.backend.Task;
import dev.lamina.core.op.Elementwise;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import dev.lamina.cpu.vector.KernelCode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Kernels of fused loops in machine code. */
public final class LoopKernels {
    private LoopKernels() {}

    /**
     * Prepares a loop.
     *
     * @param batch where the code goes; the kernel may run once it is published
     * @return null if the loop needs something that there is no machine code for
     */
    public static @Nullable Kernel prepare(Task.Loop loop, Isa isa, Pool pool, CodeBatch batch) {
        if (isa.vectorBits() > 0 && isEmpty(loop)) {
            return Values.hasFolds(loop, Values.needed(loop)) ? null : buffers -> {};
        }
        Plan plan = plan(loop, isa);
        if (plan == null) {
            return null;
        }
        Space space = plan.space();
        double cost = Cost.perElement(plan);
        Parts blocks = Parts.ofRows(plan, cost);
        if (blocks.count() > 1) {
            SplitLoop split = new SplitLoop(loop, SplitLoop.free(loop));
            return SplitKernel.of(
                    List.of(split),
                    blocks.count(),
                    blocks(split, blocks, isa, pool, batch),
                    merge -> prepare(merge, isa, pool, batch));
        }
        Parts parts = plan.isColumns()
                ? Parts.ofColumns(space, cost)
                : plan.tiles().isEmpty() ? Parts.of(space, cost) : Parts.ofTiles(space, cost);
        cut(plan, parts);
        Entry entry = batch.add("loop", LoopWriter.write(plan, isa.vectorBits()).assemble());
        Entry streaming = null;
        if (plan.isLarge()) {
            Plan other = new Plan(loop, space, plan.values(), isa.vectorBits() / 32, true);
            cut(other, parts);
            streaming = batch.add(
                    "streaming", LoopWriter.write(other, isa.vectorBits()).assemble());
        }
        return new LoopKernel(
                plan, parts, entry, streaming, pool, new long[plan.addresses().count()]);
    }

    private static void cut(Plan plan, Parts parts) {
        assert !plan.isColumns()
                        || (parts.axis() == plan.space().vector() && parts.count() > 1
                                        ? parts.piece()
                                        : plan.space().extent(plan.space().vector()))
                                <= Plan.MOST_COLUMNS
                : parts + " of " + plan.loop();
        int first = plan.tiles().isEmpty()
                ? parts.axis()
                : Math.min(parts.axis(), plan.space().across());
        plan.cut(parts.count() == 1 ? -1 : parts.axis(), Math.max(0, first));
    }

    /**
     * Prepares loops that go through the same rows.
     *
     * @return null if they are better run one after the other
     */
    public static @Nullable Kernel prepare(Task.Band band, Isa isa, Pool pool, CodeBatch batch) {
        Band rows = Band.of(band, isa);
        if (rows == null) {
            return null;
        }
        List<LoopKernel> loops = new ArrayList<>(List.of(rows.first(isa, pool, batch)));
        rows.splits().forEach(split -> loops.add(blocks(split, rows.parts(split), isa, pool, batch)));
        return SplitKernel.of(
                rows.splits(),
                rows.count(),
                new BandKernel(loops, rows.count(), pool),
                merge -> prepare(merge, isa, pool, batch));
    }

    /** What is decided about a loop; null if there is no machine code for it. */
    static @Nullable Plan plan(Task.Loop loop, Isa isa) {
        boolean[] needed = Values.needed(loop);
        boolean folds = Values.hasFolds(loop, needed);
        Space space = new Space(loop.dims(), folds ? loop.reduced() : 0, strides(loop, needed), !folds);
        return isa.vectorBits() == 0 || !isSupported(loop, needed, space)
                ? null
                : new Plan(loop, space, new Values(loop, needed, space), isa.vectorBits() / 32, false);
    }

    /** The kernel that folds the rows of each block apart. */
    private static LoopKernel blocks(SplitLoop split, Parts blocks, Isa isa, Pool pool, CodeBatch batch) {
        Task.Loop part = split.blocks();
        boolean[] used = Values.needed(part);
        Space space = new Space(part.dims(), part.reduced(), strides(split.loop(), Values.needed(split.loop())), false);
        Plan plan = new Plan(part, space, new Values(part, used, space), isa.vectorBits() / 32, false);
        plan.cut(blocks.axis(), 0);
        long[] jumps = new long[plan.addresses().count()];
        for (Task.Store store : part.stores()) {
            jumps[plan.addresses().of(store.access())] =
                    (long) split.rows() * store.access().dtype().bytes();
        }
        Entry entry =
                batch.add("blocks", LoopWriter.write(plan, isa.vectorBits()).assemble());
        return new LoopKernel(plan, blocks, entry, null, pool, jumps);
    }

    /**
     * Prepares a map over (B..., M, N) that runs piece by piece.
     *
     * @return null if the loop is no such map or needs something that there is no machine code for
     */
    public static @Nullable Region region(Task.Loop loop, Isa isa, CodeBatch batch) {
        boolean[] needed = Values.needed(loop);
        if (isa.vectorBits() == 0 || loop.reduced() > 0 || loop.dims().length < 2) {
            return null;
        }
        Space space = Space.ofPieces(loop.dims(), strides(loop, needed));
        if (space == null || !isSupported(loop, needed, space)) {
            return null;
        }
        Plan plan = new Plan(loop, space, new Values(loop, needed, space), isa.vectorBits() / 32, false);
        if (!plan.isMap()) {
            return null;
        }
        plan.cut(-1, 1);
        return new RegionKernel(
                plan,
                batch.add(
                        "epilogue",
                        LoopWriter.writePiece(plan, isa.vectorBits()).assemble()));
    }

    private static boolean isEmpty(Task.Loop loop) {
        return Arrays.stream(loop.dims()).anyMatch(extent -> extent == 0);
    }

    /** The strides of all accesses, those of stores last and twice. */
    private static List<long[]> strides(Task.Loop loop, boolean[] needed) {
        List<long[]> all = new ArrayList<>();
        for (int v = 0; v < needed.length; v++) {
            Task.Value value = loop.values().get(v);
            if (needed[v] && value instanceof Task.Fold fold && Plan.isPosition(fold.kind())) {
                all.add(Plan.rowStrides(loop.dims(), loop.reduced()));
            } else if (needed[v] && value.strides().length > 0) {
                all.add(value.strides());
            }
        }
        for (Task.Store store : loop.stores()) {
            all.add(store.access().strides());
            all.add(store.access().strides());
        }
        return all;
    }

    private static boolean isSupported(Task.Loop loop, boolean[] needed, Space space) {
        for (int v = 0; v < needed.length; v++) {
            if (needed[v] && !isSupported(loop, loop.values().get(v), space)) {
                return false;
            }
        }
        for (Task.Store store : loop.stores()) {
            if (store.access().dtype() != loop.values().get(store.value()).dtype()
                    || !isPlain(space.strides(store.access().strides()), space)
                    || isTransposed(store.access().strides(), space)) {
                return false;
            }
        }
        return space.rank() < Long.SIZE;
    }

    /** True if an access to much memory runs along another axis than the lanes, which is slow if it is not done in blocks. */
    private static boolean isTransposed(long[] original, Space space) {
        long[] strides = space.strides(original);
        boolean elsewhere = false;
        for (int axis = 0; axis < space.rank(); axis++) {
            elsewhere |= axis != space.vector() && Math.abs(strides[axis]) == 1 && space.extent(axis) >= Space.BLOCK;
        }
        return elsewhere
                && Math.abs(strides[space.vector()]) > 1
                && space.size(0, space.rank()) >= (long) Space.BLOCK * Space.BLOCK * Space.BLOCK;
    }

    private static boolean isSupported(Task.Loop loop, Task.Value value, Space space) {
        return switch (value) {
            case Task.Apply apply -> {
                DType from = loop.values().get(apply.a()).dtype();
                yield apply.op() == Elementwise.CAST
                        || KernelCode.supports(apply.op(), apply.op() == Elementwise.WHERE ? apply.dtype() : from);
            }
            case Task.Uniform uniform -> uniform.dtype() == DType.F32;
            case Task.Load load ->
                space.isAcross(load.access()) || !isTransposed(load.access().strides(), space);
            case Task.Constant ignored -> true;
            case Task.Position ignored -> true;
            case Task.Fold ignored -> true;
        };
    }

    /** True if a store writes each element once: along no kept axis it stands still, and along all or no reduced ones. */
    private static boolean isPlain(long[] strides, Space space) {
        int still = 0;
        for (int axis = 0; axis < space.rank(); axis++) {
            still += strides[axis] == 0 && axis >= space.kept() ? 1 : 0;
            if (strides[axis] == 0 && axis < space.kept() && space.extent(axis) != 1) {
                return false;
            }
        }
        return still == 0 || still == space.rank() - space.kept();
    }
}
