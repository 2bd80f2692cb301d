package dev.lamina.core.profile;

import java.io.BufferedWriter;
import java.io.IOException;
import java.io.Writer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** What kernels did, as a table for people and as a trace for a viewer (Perfetto, {@code chrome://tracing}). */
public final class Profile {
    private static final int SHOWN = 60;

    private final List<Row> rows;
    private final List<Meter.Run> runs;

    /**
     * One kernel of one plan.
     *
     * @param kernel what it computes, in a few words
     * @param cost of one call
     * @param nanos of all calls together
     * @param best nanoseconds of the quickest call
     */
    public record Row(int plan, int task, String kernel, Cost cost, long calls, long nanos, long best) {
        /**
         * The least time that the machine's limits allow for the work of one call, in seconds: what takes longer of moving the bytes
         * and doing the operations. Data in a cache moves quicker than the copy that was measured.
         */
        public double leastSeconds(Limits limits) {
            return Math.max(memorySeconds(limits), computeSeconds(limits));
        }

        private double memorySeconds(Limits limits) {
            return cost.bytes() * 1e-9 / limits.copy().best();
        }

        private double computeSeconds(Limits limits) {
            return cost.flops() * 1e-9 / (cost.half() ? limits.half() : limits.product()).best();
        }
    }

    Profile(List<Row> rows, List<Meter.Run> runs) {
        this.rows = rows.stream()
                .sorted(Comparator.comparingLong(Row::nanos).reversed())
                .toList();
        this.runs = runs;
    }

    /** Kernels that ran, the ones that took most time first. */
    public List<Row> rows() {
        return rows;
    }

    /** True if a kernel multiplies bf16 numbers, whose limit is of its own. */
    public boolean hasHalf() {
        return rows.stream().anyMatch(row -> row.cost().half());
    }

    /** The kernels with their shares, rates, and what part of the machine's limit they reach on average. */
    public String table(Limits limits) {
        double all = rows.stream().mapToLong(Row::nanos).sum();
        StringBuilder text = new StringBuilder();
        text.append(String.format(
                Locale.ROOT,
                "%.3f s in %d kernels; limits of this machine: %.0f GFLOP/s (f32 product)%s, %.1f GB/s (copy)%n",
                all * 1e-9,
                rows.size(),
                limits.product().best(),
                hasHalf()
                        ? String.format(
                                Locale.ROOT,
                                ", %.0f GFLOP/s (bf16 product)",
                                limits.half().best())
                        : "",
                limits.copy().best()));
        text.append(" share      ms    calls   us/call   best us    GB/s  GFLOP/s   of limit  kernel\n");
        rows.stream().limit(SHOWN).forEach(row -> text.append(line(row, all, limits)));
        if (rows.size() > SHOWN) {
            double rest = rows.stream().skip(SHOWN).mapToLong(Row::nanos).sum();
            text.append(String.format(
                    Locale.ROOT, "%5.1f%% %7.1f  %d others%n", 100 * rest / all, rest * 1e-6, rows.size() - SHOWN));
        }
        return text.toString();
    }

    private static String line(Row row, double all, Limits limits) {
        double seconds = row.nanos() * 1e-9 / row.calls();
        return String.format(
                Locale.ROOT,
                "%5.1f%% %7.1f %8d %9.2f %9.2f %7.2f %8.2f %5.0f%% %s  %d.%d %s%n",
                100 * row.nanos() / all,
                row.nanos() * 1e-6,
                row.calls(),
                seconds * 1e6,
                row.best() * 1e-3,
                row.cost().bytes() * 1e-9 / seconds,
                row.cost().flops() * 1e-9 / seconds,
                100 * row.leastSeconds(limits) / seconds,
                row.memorySeconds(limits) > row.computeSeconds(limits) ? "mem" : "cpu",
                row.plan(),
                row.task(),
                row.kernel());
    }

    /** Writes the trace of the newest kernels as JSON in the Trace Event Format. */
    public void trace(Writer out) throws IOException {
        long origin = runs.isEmpty() ? 0 : runs.getFirst().times()[0];
        out.write("{\"displayTimeUnit\":\"ns\",\"traceEvents\":[");
        String before = "\n";
        for (Meter.Run run : runs) {
            for (int task = 0; task < run.times().length - 1; task++) {
                out.write(before + run.meter().event(run, task, origin));
                before = ",\n";
            }
        }
        out.write("\n]}\n");
    }

    /** Writes the table to a file and the trace to the file with {@code .json} behind its name. */
    public void write(Path file, Limits limits) throws IOException {
        Files.writeString(file, table(limits));
        try (BufferedWriter out = Files.newBufferedWriter(Path.of(file + ".json"))) {
            trace(out);
        }
    }
}
