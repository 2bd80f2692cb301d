package dev.lamina.cpu.loop;

import dev.lamina.core.backend.Task;
import dev.lamina.cpu.code.CodeBatch;
import dev.lamina.cpu.code.Entry;
import dev.lamina.cpu.code.Isa;
import dev.lamina.cpu.pool.Pool;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * How the loops of a {@link Task.Band} go through their rows together: cut into blocks of rows, by shape only, that are still in the cache
 * when their columns are added up.
 */
final class Band {
    private final Plan rows;
    private final List<SplitLoop> splits = new ArrayList<>();
    private final List<Plan> columns = new ArrayList<>();
    private final Parts parts;

    private Band(Plan rows, List<Plan> columns, int free) {
        this.rows = rows;
        this.columns.addAll(columns);
        int next = free;
        for (Plan plan : columns) {
            splits.add(new SplitLoop(plan.loop(), next));
            next = splits.getLast().end();
        }
        parts = Parts.ofBand(rows, columns);
    }

    /** Null if the loops cannot share blocks of rows, or would gain nothing. */
    static @Nullable Band of(Task.Band band, Isa isa) {
        Plan rows = LoopKernels.plan(band.rows(), isa);
        List<Plan> columns = new ArrayList<>();
        Set<Integer> results = new HashSet<>();
        for (Task.Loop loop : band.columns()) {
            Plan plan = LoopKernels.plan(loop, isa);
            boolean ready = loop.reads().noneMatch(access -> results.contains(access.buffer()));
            if (rows == null || plan == null || !ready || !fits(rows, plan)) {
                return null;
            }
            columns.add(plan);
            loop.writes().forEach(access -> results.add(access.buffer()));
        }
        if (rows == null
                || rows.isColumns()
                || Parts.ofRows(rows, Cost.perElement(rows)).count() > 1) {
            return null;
        }
        Band result = new Band(rows, columns, SplitLoop.free(band));
        return result.count() > 1 ? result : null;
    }

    /** Whether columns are cut along the axis that is the first one of the rows, and read nothing that other rows write. */
    private static boolean fits(Plan rows, Plan columns) {
        int axis = columns.space().kept();
        return rows.space().vector() > 0
                && rows.space().kept() > 0
                && Parts.hasBlocks(columns)
                && axis != columns.space().vector()
                && columns.space().extent(axis) == rows.space().extent(0)
                && columns.loop()
                        .reads()
                        .allMatch(read -> rows.loop()
                                .writes()
                                .allMatch(write -> write.buffer() != read.buffer()
                                        || Rows.of(write, rows, 0).equals(Rows.of(read, columns, axis))));
    }

    /** The part of a buffer that belongs to one index of an axis, in elements. */
    private record Rows(long place, long step) {
        static Rows of(Task.Access access, Plan plan, int axis) {
            long[] steps = plan.space().strides(access.strides());
            long low = access.offset();
            long high = low;
            for (int i = 0; i < steps.length; i++) {
                long span = i == axis ? 0 : steps[i] * (plan.space().extent(i) - 1);
                low += Math.min(0, span);
                high += Math.max(0, span);
            }
            long step = steps[axis];
            // What reaches into the next row is equal to nothing.
            boolean inside = step > 0 && Math.floorDiv(low, step) == Math.floorDiv(high, step);
            return inside ? new Rows(Math.floorDiv(low, step), step) : new Rows(access.offset(), Long.MIN_VALUE + axis);
        }
    }

    int count() {
        return parts.count();
    }

    List<SplitLoop> splits() {
        return splits;
    }

    /** How a split loop is cut. */
    Parts parts(SplitLoop split) {
        return parts.along(columns.get(splits.indexOf(split)).space().kept());
    }

    /** The kernel of the rows. */
    LoopKernel first(Isa isa, Pool pool, CodeBatch batch) {
        rows.cut(0, 0);
        Entry entry = batch.add("rows", LoopWriter.write(rows, isa.vectorBits()).assemble());
        return new LoopKernel(
                rows, parts, entry, null, pool, new long[rows.addresses().count()]);
    }
}
