package dev.lamina.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import java.util.Set;

/**
 * The processor as Linux describes it; elsewhere only what Java knows.
 *
 * @param cpu name of the model
 * @param features instruction sets that matter for tensors
 * @param processors how many Java may use
 * @param quota processors' worth of time that the control group grants; empty without a limit
 */
record Machine(String cpu, List<String> features, int processors, OptionalDouble quota) {
    private static final Set<String> WANTED = Set.of(
            "avx2",
            "fma",
            "f16c",
            "avx_vnni",
            "avx512f",
            "avx512bw",
            "avx512vl",
            "avx512_vnni",
            "avx512_bf16",
            "avx512_fp16",
            "amx_tile",
            "amx_bf16",
            "amx_int8",
            "asimd",
            "asimddp",
            "fphp",
            "bf16",
            "i8mm",
            "sve",
            "sve2",
            "sme");

    /** This machine. */
    static Machine here() {
        return read(Path.of("/"));
    }

    /** The machine below a root folder, which is a parameter for tests. */
    static Machine read(Path root) {
        List<String> info = lines(root.resolve("proc/cpuinfo"));
        String model = value(info, "model name", "Processor", "CPU part");
        List<String> features = Arrays.stream(value(info, "flags", "Features").split("\\s+"))
                .filter(WANTED::contains)
                .toList();
        return new Machine(
                model.isEmpty() ? System.getProperty("os.arch") : model,
                features,
                Runtime.getRuntime().availableProcessors(),
                quota(root));
    }

    private static String value(List<String> info, String... keys) {
        for (String key : keys) {
            for (String line : info) {
                String[] parts = line.split("\\s*:\\s*", 2);
                if (parts.length == 2 && parts[0].equals(key)) {
                    return parts[1].strip();
                }
            }
        }
        return "";
    }

    /** The tightest limit on the way from the group of this process to the root. */
    private static OptionalDouble quota(Path root) {
        double least = Double.POSITIVE_INFINITY;
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            String[] parts = line.split(":", 3);
            if (parts.length < 3) {
                continue;
            }
            boolean second = parts[1].isEmpty();
            if (second || List.of(parts[1].split(",")).contains("cpu")) {
                Path mount = root.resolve(second ? "sys/fs/cgroup" : "sys/fs/cgroup/cpu")
                        .normalize();
                Path at = mount.resolve(parts[2].replaceFirst("^/+", "")).normalize();
                for (at = at.startsWith(mount) ? at : mount; at != null && at.startsWith(mount); at = at.getParent()) {
                    least = Math.min(least, second ? second(at) : first(at));
                }
            }
        }
        return Double.isInfinite(least) ? OptionalDouble.empty() : OptionalDouble.of(least);
    }

    /** Version 2 of control groups: "quota period" or "max period". */
    private static double second(Path group) {
        List<String> lines = lines(group.resolve("cpu.max"));
        String[] parts =
                lines.isEmpty() ? new String[0] : lines.getFirst().strip().split("\\s+");
        return parts.length == 2 ? ratio(parts[0], parts[1]) : Double.POSITIVE_INFINITY;
    }

    private static double first(Path group) {
        List<String> quota = lines(group.resolve("cpu.cfs_quota_us"));
        List<String> period = lines(group.resolve("cpu.cfs_period_us"));
        return quota.isEmpty() || period.isEmpty()
                ? Double.POSITIVE_INFINITY
                : ratio(quota.getFirst().strip(), period.getFirst().strip());
    }

    private static double ratio(String quota, String period) {
        boolean numbers = quota.matches("\\d{1,15}") && period.matches("[1-9]\\d{0,14}");
        return numbers ? (double) Long.parseLong(quota) / Long.parseLong(period) : Double.POSITIVE_INFINITY;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            // What the system does not show stays unknown.
            return List.of();
        }
    }

    /** For example "2 processors, quota 1.5". */
    String processorsText() {
        String count = processors + (processors == 1 ? " processor" : " processors");
        return count
                + (quota.isPresent()
                        ? String.format(Locale.ROOT, ", the control group grants %.2f", quota.getAsDouble())
                        : ", no quota of a control group");
    }
}
