package dev.lamina.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The memory of this process, as the system sees it. */
public final class ProcessMemory {
    private ProcessMemory() {}

    /** The most memory that this process had, where the system says so. */
    public static String peakMegabytes() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (Files.isReadable(status)) {
            for (String line : Files.readAllLines(status)) {
                if (line.startsWith("VmHWM:")) {
                    return Double.toString(Long.parseLong(line.replaceAll("\\D", "")) * 1024e-6);
                }
            }
        }
        return "NaN";
    }
}
