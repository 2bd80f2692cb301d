package dev.lamina.core.memory;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** How much native memory Lamina may hold when nobody says so: a share of what the machine or container has. */
final class MemoryLimit {

    private static final String PROPERTY = "lamina.memory";

    private MemoryLimit() {}

    /** The limit in bytes: {@code -Dlamina.memory}, or else a share of the memory of this machine or container. */
    static long fromSettings() {
        String setting = System.getProperty(PROPERTY, "").strip();
        if (!setting.isEmpty()) {
            return ByteSize.parse("-D" + PROPERTY, setting);
        }
        return share(physical(Path.of("/")), Runtime.getRuntime().maxMemory());
    }

    /** Leaves room for the Java heap, but takes at least 25 % and at most 80 % of all memory. */
    static long share(long physical, long heap) {
        return Math.clamp(physical - heap, physical / 4, physical / 5 * 4);
    }

    /** The memory of the machine, or of the control group when that is less. The root is a parameter for tests. */
    static long physical(Path root) {
        long total = memTotal(root.resolve("proc/meminfo"));
        for (String line : lines(root.resolve("proc/self/cgroup"))) {
            // hierarchy:controllers:path, where version 2 has the hierarchy 0 and no controllers
            String[] parts = line.split(":", 3);
            if (parts.length == 3 && parts[1].isEmpty()) {
                total = Math.min(total, tightest(root.resolve("sys/fs/cgroup"), parts[2], "memory.max"));
            } else if (parts.length == 3 && List.of(parts[1].split(",")).contains("memory")) {
                Path mount = root.resolve("sys/fs/cgroup/memory");
                total = Math.min(total, tightest(mount, parts[2], "memory.limit_in_bytes"));
            }
        }
        return total;
    }

    private static long memTotal(Path meminfo) {
        for (String line : lines(meminfo)) {
            if (line.startsWith("MemTotal:")) {
                String digits = line.substring(line.indexOf(':') + 1).replace("kB", "");
                return number(digits.strip(), Long.MAX_VALUE >> 10) << 10;
            }
        }
        // Not Linux: the default Java heap is a quarter of the machine.
        long heap = Runtime.getRuntime().maxMemory();
        return heap > Long.MAX_VALUE / 4 ? Long.MAX_VALUE : 4 * heap;
    }

    /** A group obeys its own limit and those of its parents. In a container the path may lead outside: then the mount. */
    private static long tightest(Path mount, String group, String file) {
        long limit = Long.MAX_VALUE;
        Path end = mount.normalize();
        int slashes = 0;
        while (slashes < group.length() && group.charAt(slashes) == '/') {
            slashes++;
        }
        Path at = end.resolve(group.substring(slashes)).normalize();
        at = at.startsWith(end) ? at : end;
        while (at != null && at.startsWith(end)) {
            for (String line : lines(at.resolve(file))) {
                limit = Math.min(limit, number(line.strip(), Long.MAX_VALUE));
            }
            at = at.getParent();
        }
        return limit;
    }

    /** A whole number; what is none or has more than 18 digits sets no limit. Without regular expressions, whose first use takes milliseconds. */
    private static long number(String digits, long otherwise) {
        boolean number =
                !digits.isEmpty() && digits.length() <= 18 && digits.chars().allMatch(c -> c >= '0' && c <= '9');
        return number ? Math.min(Long.parseLong(digits), otherwise) : otherwise;
    }

    private static List<String> lines(Path file) {
        try {
            return Files.isReadable(file) ? Files.readAllLines(file) : List.of();
        } catch (IOException e) {
            // A file that the system does not let us read sets no limit.
            return List.of();
        }
    }
}
