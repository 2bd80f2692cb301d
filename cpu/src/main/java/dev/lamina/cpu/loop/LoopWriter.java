package dev.lamina.cpu.loop;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.Tail;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Writes the kernel of a loop. All forms are one nest: loops over the kept axes, and inside them, pass by pass, loops over the
 * reduced ones. The loop over the vector axis takes several vectors at a time ({@link Plan#copies}). A value is computed in the
 * outermost loop that it allows, and heavy values that a later pass needs again are kept in scratch memory.
 *
 * <p>Arguments of the kernel: the {@link Frame}; the number of indices along the axis that is cut; scratch memory. Of a piece of a
 * map: the frame; the first row and, 32 bits higher, the number of rows; the same of columns; the index of the batch.
 */
final class LoopWriter {
    private final Plan plan;
    private final Space space;
    private final Values values;
    private final KernelCode code;
    private final Cursor cursor;
    private final ValueCode valueCode;
    private final @Nullable R[] counts;
    private List<FoldCode> folds = List.of();

    private LoopWriter(Plan plan, int vectorBits) {
        this.plan = plan;
        space = plan.space();
        values = plan.values();
        code = new KernelCode(vectorBits);
        cursor = new Cursor(code, plan.addresses(), space.vector());
        valueCode = new ValueCode(plan, code, cursor);
        counts = new R[space.rank()];
    }

    /** The kernel of a plan. */
    static KernelCode write(Plan plan, int vectorBits) {
        LoopWriter writer = new LoopWriter(plan, vectorBits);
        R frame = writer.code.argument(0);
        R count = writer.code.argument(1);
        R scratch = writer.code.argument(2);
        if (plan.cut() >= 0) {
            writer.counts[plan.cut()] = count;
        }
        writer.cursor.start(frame);
        writer.valueCode.start();
        writer.valueCode.useScratch(scratch);
        writer.enter(plan.first());
        if (plan.streaming()) {
            writer.code.fence();
        }
        return writer.code;
    }

    /** The kernel of a plan whose space is {@link Space#ofPieces}. */
    static KernelCode writePiece(Plan plan, int vectorBits) {
        LoopWriter writer = new LoopWriter(plan, vectorBits);
        KernelCode code = writer.code;
        R frame = code.argument(0);
        R rows = code.argument(1);
        R columns = code.argument(2);
        R batch = code.argument(3);
        writer.cursor.start(frame);
        writer.valueCode.start();
        R[] from = {
            batch, code.shiftRight(code.shiftLeft(rows, 32), 32), code.shiftRight(code.shiftLeft(columns, 32), 32)
        };
        writer.counts[1] = code.shiftRight(rows, 32);
        writer.counts[2] = code.shiftRight(columns, 32);
        writer.cursor.move(from);
        writer.enter(1);
        return code;
    }

    // ---------------------------------------------------------------- kept axes

    /** Inside the loops over the axes before one. */
    private void enter(int depth) {
        for (int copy = 0; copy < cursor.copies(); copy++) {
            for (int v = 0; v < plan.loop().values().size(); v++) {
                int own = values.depth(v);
                boolean here = depth == plan.first() ? own <= depth : own == depth;
                if (here && values.isNeeded(v) && !values.isFull(v) && values.stage(v) == 0) {
                    valueCode.define(v, copy);
                    if (plan.streaming()) {
                        valueCode.prefetchAhead(v, copy);
                    }
                }
            }
            if (depth == space.kept() && plan.isMap()) {
                store(values.rowStores(), copy);
            }
        }
        if (depth < space.kept()) {
            walk(depth, () -> enter(depth + 1));
        } else if (!plan.isMap()) {
            passes();
        }
    }

    private void store(List<Task.Store> stores, int copy) {
        stores.forEach(store -> valueCode.store(store, copy));
    }

    // ---------------------------------------------------------------- passes over the row

    private void passes() {
        valueCode.startRow();
        for (int pass = 0; pass < values.passes(); pass++) {
            List<Integer> folded = values.folds(pass);
            folds = folded.stream().map(this::fold).toList();
            int states = space.isAlongRows() ? plan.copies() : cursor.copies();
            folds.forEach(fold -> fold.start(states));
            if (!values.targets(pass).isEmpty()) {
                reduce(space.kept(), pass);
            }
            for (int i = 0; i < folded.size(); i++) {
                valueCode.set(folded.get(i), folds.get(i).finish());
            }
            for (int v = 0; v < plan.loop().values().size(); v++) {
                boolean here =
                        values.isNeeded(v) && !values.isFull(v) && values.stage(v) == pass + 1 && !folded.contains(v);
                for (int copy = 0; here && copy < cursor.copies(); copy++) {
                    valueCode.define(v, copy);
                }
            }
        }
        for (int copy = 0; copy < cursor.copies(); copy++) {
            store(values.rowStores(), copy);
        }
    }

    private FoldCode fold(int v) {
        Task.Fold fold = (Task.Fold) plan.loop().values().get(v);
        DType from = plan.loop().values().get(fold.a()).dtype();
        return new FoldCode(code, fold.kind(), from, fold.dtype(), space.isAlongRows(), plan.terms());
    }

    /** Inside the loops over the axes before one, which is reduced. */
    private void reduce(int depth, int pass) {
        if (depth == space.rank()) {
            for (int copy = 0; copy < cursor.copies(); copy++) {
                element(pass, copy);
            }
            return;
        }
        walk(depth, () -> {
            for (int v : depth + 1 < space.rank() ? values.computed(pass) : List.<Integer>of()) {
                for (int copy = 0; values.depth(v) == depth + 1 && copy < cursor.copies(); copy++) {
                    valueCode.compute(v, copy, pass);
                }
            }
            reduce(depth + 1, pass);
        });
    }

    /** What happens for each index of the space. */
    private void element(int pass, int copy) {
        boolean ahead = plan.readsMuch();
        for (int v : values.computed(pass)) {
            if (values.depth(v) == space.rank()) {
                valueCode.compute(v, copy, pass);
                if (ahead) {
                    valueCode.prefetchAhead(v, copy);
                }
            }
        }
        if (pass == 1 && space.isAlongRows() && space.kept() > 0 && !plan.isShortRow()) {
            // The first pass waits for memory, the second mostly computes.
            for (int v : values.computed(0)) {
                valueCode.prefetch(v, copy);
            }
        }
        List<Integer> folded = values.folds(pass);
        for (int i = 0; i < folded.size(); i++) {
            Task.Fold fold = (Task.Fold) plan.loop().values().get(folded.get(i));
            folds.get(i).add(copy, valueCode.get(fold.a(), copy), cursor.tail(), valueCode.positionInRow(fold, copy));
        }
        store(values.stores(pass), copy);
    }

    // ---------------------------------------------------------------- loops

    private boolean isWide(int axis) {
        return axis == space.rank() - 1 && folds.stream().anyMatch(FoldCode::isWide);
    }

    private void flush() {
        folds.forEach(FoldCode::flush);
    }

    private void walk(int axis, Runnable body) {
        if (plan.isShortRow() && axis == space.vector()) {
            // What one pass computes the next ones find in registers.
            int lanes = code.lanes();
            cursor.lanes(null, 0, 1, space.extent(axis) < lanes ? code.tail(space.extent(axis)) : null);
            body.run();
            cursor.lanes(null, 0, 1, null);
            return;
        }
        int mark = valueCode.mark();
        if (axis == space.vector()) {
            walkLanes(axis, body);
            cursor.lanes(null, 0, 1, null);
        } else {
            R[] before = cursor.enter(axis);
            Body step = ignored -> {
                body.run();
                cursor.advance(axis);
            };
            R count = counts[axis];
            if (count == null) {
                repeat(0, space.extent(axis), 1, axis, step);
            } else {
                repeat(code.integer(0), count, 1, axis, step);
            }
            cursor.leave(before);
        }
        valueCode.forget(mark);
    }

    /** What a loop does. */
    @FunctionalInterface
    private interface Body {
        void at(R index);
    }

    /** A loop; where folds are wide it is cut into blocks. */
    private void repeat(R from, R to, long step, int axis, Body body) {
        if (!isWide(axis)) {
            body.at(code.loop(from, to, step));
            code.endLoop();
            return;
        }
        R block = code.loop(from, to, step * FoldCode.BLOCK);
        body.at(code.loop(block, code.min(code.add(block, step * FoldCode.BLOCK), to), step));
        code.endLoop();
        flush();
        code.endLoop();
    }

    private void repeat(long from, long to, long step, int axis, Body body) {
        if (isWide(axis) && (to - from) / step > FoldCode.BLOCK) {
            repeat(code.integer(from), code.integer(to), step, axis, body);
            return;
        }
        body.at(code.loop(from, to, step));
        code.endLoop();
        if (isWide(axis)) {
            flush();
        }
    }

    private void walkLanes(int axis, Runnable body) {
        R count = counts[axis];
        if (count != null) {
            walkLanes(axis, count, body);
            return;
        }
        int lanes = code.lanes();
        long extent = space.extent(axis);
        long most = (long) plan.copies() * lanes;
        long main = extent / most * most;
        long whole = extent / lanes * lanes;
        lanesFromTo(axis, 0, main, plan.copies(), body);
        lanesFromTo(axis, main, whole, 1, body);
        if (whole < extent) {
            lanes(null, whole, 1, code.tail((int) (extent - whole)), body);
        }
    }

    private void lanesFromTo(int axis, long from, long to, int copies, Runnable body) {
        long step = (long) copies * code.lanes();
        if (to - from == step) {
            lanes(null, from, copies, null, body);
        } else if (to > from) {
            repeat(from, to, step, axis, index -> lanes(index, 0, copies, null, body));
        }
    }

    private void walkLanes(int axis, R count, Runnable body) {
        int lanes = code.lanes();
        long most = (long) plan.copies() * lanes;
        R main = code.and(count, -most);
        repeat(code.integer(0), main, most, axis, index -> lanes(index, 0, plan.copies(), null, body));
        R rest = main;
        if (plan.copies() > 1) {
            rest = code.and(count, -lanes);
            repeat(main, rest, lanes, axis, index -> lanes(index, 0, 1, null, body));
        }
        code.when(rest, KernelCode.Relation.LESS, count);
        lanes(rest, 0, 1, code.tail(code.sub(count, rest)), body);
        code.endWhen();
    }

    /** One iteration over some copies of the lanes. */
    private void lanes(@Nullable R index, long shift, int copies, @Nullable Tail tail, Runnable body) {
        int mark = valueCode.mark();
        cursor.lanes(index, shift, copies, tail);
        body.run();
        valueCode.forget(mark);
    }
}
