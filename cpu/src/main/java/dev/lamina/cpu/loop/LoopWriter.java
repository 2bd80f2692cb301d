package dev.lamina.cpu.loop;

import dev.lamina.core.DType;
import dev.lamina.core.backend.Task;
import dev.lamina.cpu.vector.At;
import dev.lamina.cpu.vector.KernelCode;
import dev.lamina.cpu.vector.R;
import dev.lamina.cpu.vector.Tail;
import dev.lamina.cpu.vector.V;
import java.util.List;
import java.util.Objects;
import java.util.function.IntConsumer;
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
    private @Nullable R scratch;

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
        writer.scratch = scratch;
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
                    } else if (plan.isPiecewise() && depth == space.kept()) {
                        // Rows of a piece are short and far apart, which the processor does not see coming.
                        valueCode.prefetch(v, copy, depth - 2);
                    }
                }
            }
            if (depth == space.kept() && plan.isMap()) {
                store(values.rowStores(), copy);
            }
        }
        if (depth == space.across() && !plan.tiles().isEmpty()) {
            tiles();
        } else if (depth == space.vector() && plan.isColumns()) {
            columns();
        } else if (depth < space.kept()) {
            walk(depth, () -> enter(depth + 1));
        } else if (!plan.isMap()) {
            passes();
        }
    }

    private void store(List<Task.Store> stores, int copy) {
        stores.forEach(store -> valueCode.store(store, copy));
    }

    // ---------------------------------------------------------------- tiles

    /** Goes through the last two axes in tiles, which turn what runs across the lanes. */
    private void tiles() {
        int axis = space.across();
        R[] before = cursor.enter(axis);
        R known = counts[axis];
        R count = known == null ? code.integer(space.extent(axis)) : known;
        R from = code.loop(code.integer(0), count, Plan.TILE);
        R rows = code.min(code.sub(count, from), code.integer(Plan.TILE));
        walkLanes(space.vector(), () -> tile(rows));
        cursor.lanes(null, 0, 1, null);
        cursor.advance(axis, Plan.TILE);
        code.endLoop();
        cursor.leave(before);
    }

    private void tile(R rows) {
        R to = Objects.requireNonNull(scratch);
        for (int i = 0; i < plan.tiles().size(); i++) {
            turn(plan.tiles().get(i), rows, code.add(to, (long) i * plan.tileBytes()));
        }
        int mark = valueCode.mark();
        R[] before = cursor.enter(space.across());
        code.loop(code.integer(0), rows, 1);
        for (int v = 0; v < plan.loop().values().size(); v++) {
            if (values.isNeeded(v) && values.depth(v) > space.across()) {
                valueCode.define(v, 0);
            }
        }
        store(values.rowStores(), 0);
        cursor.advance(space.across(), 1);
        code.endLoop();
        cursor.leave(before);
        valueCode.forget(mark);
    }

    /** Writes some rows of what is at the lanes into scratch memory. */
    private void turn(Plan.Tile tile, R rows, R to) {
        int lanes = code.lanes();
        R from = cursor.place(tile.source());
        R target = code.variable(to);
        R source = code.variable(from);
        R whole = code.loop(code.integer(0), code.and(rows, -lanes), lanes);
        turn(tile, source, target, null);
        code.increase(source, (long) lanes * tile.dtype().bytes());
        code.increase(target, (long) lanes * lanes * Float.BYTES);
        code.endLoop();
        code.when(whole, KernelCode.Relation.LESS, rows);
        turn(tile, source, target, code.tail(code.sub(rows, whole)));
        code.endWhen();
        cursor.setAtLanes(tile.slot(), to, DType.F32);
    }

    private void turn(Plan.Tile tile, R from, R to, @Nullable Tail rest) {
        long step = plan.addresses().step(tile.source(), space.vector());
        Tail tail = cursor.tail();
        V[] rows = new V[code.lanes()];
        R last = tail == null ? null : code.add(tail.count(), -1);
        for (int i = 0; i < rows.length; i++) {
            // Lanes that do not count read what the last one reads.
            R lane = last == null ? code.integer(i) : code.min(code.integer(i), last);
            boolean near = last == null && Math.abs(step) * rows.length < Cursor.NEAR;
            At at = near ? At.of(from, (int) (i * step)) : At.of(code.add(from, code.mul(lane, step)));
            rows[i] = code.load(tile.dtype(), at, rest);
            if (near) {
                // The processor does not see where the next tile is.
                code.prefetch(at.plus((int) (step * rows.length)));
            }
        }
        V[] columns = code.transposed(rows);
        for (int i = 0; i < columns.length; i++) {
            code.store(Plan.scratchType(tile.dtype()), At.of(to, i * rows.length * Float.BYTES), columns[i], null);
        }
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
            if (values.depth(v) == space.rank() && !plan.isBefore(v)) {
                valueCode.compute(v, copy, pass);
                if (ahead) {
                    valueCode.prefetchAhead(v, copy);
                }
            }
        }
        if (pass == 1 && space.isAlongRows() && space.kept() > 0 && !plan.isShortRow()) {
            // The first pass waits for memory, the second mostly computes.
            for (int v : values.computed(0)) {
                valueCode.prefetch(v, copy, space.kept() - 1);
            }
        }
        List<Integer> folded = values.folds(pass);
        for (int i = 0; i < folded.size(); i++) {
            Task.Fold fold = (Task.Fold) plan.loop().values().get(folded.get(i));
            folds.get(i).add(copy, valueCode.get(fold.a(), copy), cursor.tail(), valueCode.positionInRow(fold, copy));
        }
        store(values.stores(pass), copy);
    }

    // ---------------------------------------------------------------- sums of columns

    /** Some rows at a time, the sums being in scratch memory meanwhile. */
    private void columns() {
        List<Integer> folded = values.folds(0);
        List<FoldCode> sums = folded.stream().map(this::fold).toList();
        int axis = space.vector();
        walkLanes(axis, () -> sums.forEach(sum -> each(copy -> storeTotal(sums, sum, sum.zero(), copy))));
        folds = sums;
        reduceRows(space.kept());
        folds = List.of();
        walkLanes(axis, () -> {
            each(copy -> define(space.kept(), 0, copy));
            each(copy -> sums.forEach(sum ->
                    valueCode.set(folded.get(sums.indexOf(sum)), copy, sum.rounded(loadTotal(sums, sum, copy)))));
            each(copy -> define(space.kept(), 1, copy));
            each(copy -> store(values.rowStores(), copy));
        });
        cursor.lanes(null, 0, 1, null);
    }

    private void each(IntConsumer body) {
        for (int copy = 0; copy < cursor.copies(); copy++) {
            body.accept(copy);
        }
    }

    private DType totalType(int sum) {
        return FoldCode.totalType(plan.loop(), values.folds(0).get(sum), plan.terms());
    }

    private V loadTotal(List<FoldCode> sums, FoldCode sum, int copy) {
        int at = sums.indexOf(sum);
        return cursor.load(totalType(at), plan.totals().get(at), false, copy);
    }

    private void storeTotal(List<FoldCode> sums, FoldCode sum, V value, int copy) {
        int at = sums.indexOf(sum);
        cursor.store(totalType(at), plan.totals().get(at), value, copy, false);
    }

    /** Defines the row-level values of a depth that are known after some passes, but for folds. */
    private void define(int depth, int stage, int copy) {
        for (int v = 0; v < plan.loop().values().size(); v++) {
            if (values.isNeeded(v)
                    && !values.isFull(v)
                    && values.stage(v) == stage
                    && (stage > 0 || values.depth(v) == depth)
                    && !values.folds(0).contains(v)) {
                valueCode.define(v, copy);
            }
        }
    }

    /** Inside the loops over the axes before one, which is reduced. */
    private void reduceRows(int depth) {
        if (depth + 1 < space.rank()) {
            walk(depth, () -> reduceRows(depth + 1));
            return;
        }
        int mark = valueCode.mark();
        R[] before = cursor.enter(depth);
        R known = counts[depth];
        R count = known == null ? code.integer(space.extent(depth)) : known;
        int most = plan.rowsAtOnce();
        R main = code.loop(code.integer(0), code.and(count, -most), most);
        rows(code.integer(most));
        cursor.advance(depth, most);
        code.endLoop();
        if (known != null || space.extent(depth) % most != 0) {
            code.when(main, KernelCode.Relation.LESS, count);
            rows(code.sub(count, main));
            code.endWhen();
        }
        cursor.leave(before);
        valueCode.forget(mark);
    }

    /** Adds some rows to the sums. */
    private void rows(R count) {
        int last = space.rank() - 1;
        R[] outside = cursor.here();
        valueCode.startShared();
        share(count);
        walkLanes(space.vector(), () -> {
            each(copy -> define(space.kept(), 0, copy));
            for (int v : values.computed(0)) {
                each(copy -> {
                    if (values.depth(v) < space.rank()) {
                        valueCode.compute(v, copy, 0);
                    }
                });
            }
            folds.forEach(sum -> sum.startRows(cursor.copies()));
            int mark = valueCode.mark();
            R[] before = cursor.enter(last);
            code.loop(code.integer(0), count, 1);
            plan.shared().forEach(valueCode::takeShared);
            each(copy -> element(0, copy));
            cursor.advance(last, 1);
            code.endLoop();
            cursor.leave(before);
            valueCode.forget(mark);
            folds.forEach(sum ->
                    each(copy -> storeTotal(folds, sum, sum.plus(loadTotal(folds, sum, copy), copy), copy)));
        });
        cursor.lanes(null, 0, 1, null);
        cursor.leave(outside);
    }

    /** Computes for some rows what all lanes share. */
    private void share(R count) {
        if (plan.shared().isEmpty()) {
            return;
        }
        int mark = valueCode.mark();
        values.computed(0).stream()
                .filter(v -> values.isUniform(v) && values.depth(v) < space.rank())
                .forEach(v -> valueCode.compute(v, 0, 0));
        R[] before = cursor.enter(space.rank() - 1);
        code.loop(code.integer(0), count, 1);
        values.computed(0).stream().filter(values::isAlongLast).forEach(v -> valueCode.define(v, 0));
        plan.shared().forEach(valueCode::share);
        cursor.advance(space.rank() - 1, 1);
        code.endLoop();
        cursor.leave(before);
        valueCode.forget(mark);
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
                cursor.advance(axis, 1);
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
