package dev.lamina.nn;

import dev.lamina.core.LaminaException;
import dev.lamina.core.Shape;
import dev.lamina.core.Variable;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** The table of {@link Model#summary}. */
final class Summary {
    private static final String[] TITLES = {"layer", "output", "parameters", "inputs"};

    private Summary() {}

    static String of(Model model) {
        if (!model.isBuilt()) {
            throw new LaminaException(model.path() + ": expected a model with variables, got one before its first use;"
                    + " call initialize(...) with the shape of an example");
        }
        List<String[]> rows = new ArrayList<>();
        rows.add(TITLES);
        collect(model, "", "", rows, new HashSet<>());
        boolean graph = rows.stream().skip(1).anyMatch(row -> !row[TITLES.length - 1].isEmpty());
        int[] widths = new int[TITLES.length];
        for (String[] row : rows) {
            for (int i = 0; i < widths.length; i++) {
                widths[i] = Math.max(widths[i], row[i].length());
            }
        }
        StringBuilder text = new StringBuilder();
        String line = "-".repeat(widths[0] + widths[1] + widths[2] + 4 + (graph ? 2 + widths[3] : 0));
        boolean titles = true;
        for (String[] row : rows) {
            String format = "%-" + widths[0] + "s  %-" + widths[1] + "s  %" + widths[2] + "s" + (graph ? "  %s" : "");
            text.append(String.format(Locale.ROOT, format, (Object[]) row).stripTrailing())
                    .append('\n');
            if (titles) {
                text.append(line).append('\n');
                titles = false;
            }
        }
        return text.append(line).append('\n').append(totals(model)).toString().replace("\r\n", "\n");
    }

    private static void collect(Layer layer, String indent, String inputs, List<String[]> rows, Set<Object> seen) {
        if (!seen.add(layer)) {
            return;
        }
        boolean leaf = layer.children().isEmpty();
        String count = leaf || layer.ownParameterCount() > 0 ? number(layer.ownParameterCount()) : "";
        String frozen = layer.isFrozen() && layer.ownParameterCount() > 0 ? " (frozen)" : "";
        rows.add(new String[] {
            indent + layer.name() + frozen,
            layer.outputShape().map(Summary::shape).orElse("unused"),
            count,
            inputs
        });
        Map<Layer, String> sources = layer instanceof Network network ? network.sources() : Map.of();
        layer.children()
                .values()
                .forEach(child -> collect(child, indent + "  ", sources.getOrDefault(child, ""), rows, seen));
    }

    private static String shape(Shape shape) {
        String text = shape.toString();
        return shape.rank() == 0
                ? text
                : "(N" + text.substring(1 + Integer.toString(shape.dim(0)).length());
    }

    private static String totals(Model model) {
        long all = model.parameterCount();
        long trained =
                model.parameters().stream().mapToLong(v -> v.shape().size()).sum();
        long bytes =
                model.variables().values().stream().mapToLong(Summary::bytes).sum();
        long states = model.variables().values().stream()
                        .mapToLong(v -> v.shape().size())
                        .sum()
                - all;
        return number(all) + " parameters" + (trained == all ? "" : ", " + number(all - trained) + " of them frozen")
                + (states == 0 ? "" : ", " + number(states) + " state values") + ", "
                + String.format(Locale.ROOT, "%.1f KiB", bytes / 1024.0) + "\n";
    }

    private static long bytes(Variable variable) {
        return variable.shape().size() * variable.dtype().bytes();
    }

    private static String number(long value) {
        return String.format(Locale.ROOT, "%,d", value);
    }
}
