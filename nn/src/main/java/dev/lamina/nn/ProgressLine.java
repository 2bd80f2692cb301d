package dev.lamina.nn;

import java.io.PrintStream;
import java.util.Locale;

/**
 * Shows a training on a stream: on a terminal one line that is written anew, with bar, time left, speed and values; elsewhere,
 * such as in a log file, one plain line for each epoch.
 */
public final class ProgressLine implements Callback {
    private static final long INTERVAL = 100_000_000;
    private static final int BAR = 20;

    private final PrintStream out;
    private final boolean terminal;
    private long shown;

    private ProgressLine(PrintStream out, boolean terminal) {
        this.out = out;
        this.terminal = terminal;
    }

    /**
     * Shows training on a stream.
     *
     * @param out for example System.out
     * @param terminal true to write the line anew, false for plain lines; {@code System.console().isTerminal()} tells
     */
    public static ProgressLine of(PrintStream out, boolean terminal) {
        return new ProgressLine(out, terminal);
    }

    @Override
    public void onEpochBegin(Progress progress) {
        shown = System.nanoTime() - INTERVAL / 2;
    }

    @Override
    public void onBatchEnd(Progress progress) {
        if (!terminal || progress.batch() == progress.batches()) {
            return;
        }
        long now = System.nanoTime();
        if (now - shown >= INTERVAL) {
            shown = now;
            // Without line wrap for the moment: a line longer than the terminal could not be written anew.
            out.print("\u001b[?7l\r\u001b[K" + live(progress) + "\u001b[?7h");
            out.flush();
        }
    }

    @Override
    public void onEpochEnd(Progress progress) {
        out.print((terminal ? "\r\u001b[K" : "") + done(progress) + "\n");
        out.flush();
    }

    @Override
    public void onTrainEnd(Progress progress) {
        if (progress.isStopping() && progress.epoch() < progress.lastEpoch()) {
            out.print("stopped after epoch " + progress.epoch() + "\n");
            out.flush();
        }
    }

    private static String epoch(Progress progress) {
        int width = Integer.toString(progress.lastEpoch()).length();
        return String.format(Locale.ROOT, "epoch %" + width + "d/%d", progress.epoch(), progress.lastEpoch());
    }

    private static String live(Progress progress) {
        int filled = (int) (BAR * progress.examplesDone() / Math.max(1, progress.examples()));
        double left = (progress.examples() - progress.examplesDone()) / progress.examplesPerSecond();
        return epoch(progress) + " [" + "=".repeat(filled) + " ".repeat(BAR - filled) + "] " + progress.examplesDone()
                + "/" + progress.examples() + "  " + duration(left) + " left  " + speed(progress) + " samples/s"
                + values(progress);
    }

    private static String done(Progress progress) {
        return epoch(progress)
                + String.format(Locale.ROOT, "%8s  %9s samples/s", duration(progress.seconds()), speed(progress))
                + values(progress);
    }

    private static String speed(Progress progress) {
        return String.format(Locale.ROOT, "%,.0f", progress.examplesPerSecond());
    }

    private static String values(Progress progress) {
        StringBuilder text = new StringBuilder();
        for (String name : progress.names()) {
            double value = progress.value(name);
            if (!Double.isNaN(value)) {
                text.append(String.format(Locale.ROOT, "  %s %.4f", name, value));
            }
        }
        return text.toString();
    }

    static String duration(double seconds) {
        if (seconds < 0.9995) {
            return Math.round(seconds * 1000) + " ms";
        }
        if (seconds < 60) {
            return String.format(Locale.ROOT, "%.1f s", seconds);
        }
        long whole = Math.round(seconds);
        return whole < 3600
                ? String.format(Locale.ROOT, "%d:%02d min", whole / 60, whole % 60)
                : String.format(Locale.ROOT, "%d:%02d h", whole / 3600, whole % 3600 / 60);
    }
}
