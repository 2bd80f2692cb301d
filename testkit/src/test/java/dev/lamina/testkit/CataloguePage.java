package dev.lamina.testkit;

import dev.lamina.nn.Activation;
import dev.lamina.nn.Constraints;
import dev.lamina.nn.Initializers;
import dev.lamina.nn.Layer;
import dev.lamina.nn.Layers;
import dev.lamina.nn.Losses;
import dev.lamina.nn.Metrics;
import dev.lamina.nn.Optimizers;
import dev.lamina.nn.Regularizers;
import dev.lamina.nn.Schedules;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.DynamicContainer;
import org.junit.jupiter.api.DynamicNode;
import org.junit.jupiter.api.DynamicTest;

/** What {@code book/catalogue.md} consists of: names from {@code catalogue.txt}, formulas from the Javadoc of the factories, measured errors. */
final class CataloguePage {
    /** What kinds of blocks there are, in the order of the page: heading and factories. */
    private enum Kind {
        LAYER("Layers", Layers.class),
        ACTIVATION("Activations", Activation.class),
        LOSS("Losses", Losses.class),
        METRIC("Metrics", Metrics.class),
        OPTIMIZER("Optimizers", Optimizers.class),
        SCHEDULE("Schedules", Schedules.class),
        INITIALIZER("Initializers", Initializers.class),
        REGULARIZER("Regularizers", Regularizers.class),
        CONSTRAINT("Constraints", Constraints.class),
        /** What a block can do besides, by class and method: from the lines alone, but each has to exist. */
        OPTION("Options and tools", Object.class);

        private final String heading;
        private final Class<?> factories;

        /** Whether finite differences make sense. */
        private boolean hasGradient() {
            return this == LAYER || this == ACTIVATION || this == LOSS;
        }

        Kind(String heading, Class<?> factories) {
            this.heading = heading;
            this.factories = factories;
        }

        String key(String name) {
            return name().toLowerCase(java.util.Locale.ROOT) + " | " + name;
        }
    }

    /** A line: kind and name, names elsewhere, and golden ops or {@code test: Class}. */
    record Block(String key, String keras, String torch, String proof) {}

    /** A block with what was measured; NaN where nothing was. */
    record Row(Block block, String formula, double gradient, double f64, double f32, boolean isProven) {}

    private CataloguePage() {}

    // ---------------------------------------------------------------- blocks

    static Map<String, Block> lines() throws IOException {
        Map<String, Block> lines = new LinkedHashMap<>();
        Path file = Shared.root().resolve("testkit/src/test/resources/catalogue.txt");
        for (String line : Files.readAllLines(file)) {
            String[] parts = line.split("\\|", -1);
            if (!line.isBlank() && !line.startsWith("#")) {
                if (parts.length != 5) {
                    throw new AssertionError(
                            "catalogue.txt: expected kind | name | Keras | PyTorch | proof, got " + line);
                }
                String key = parts[0].strip() + " | " + parts[1].strip();
                lines.put(key, new Block(key, parts[2].strip(), parts[3].strip(), parts[4].strip()));
            }
        }
        return lines;
    }

    /** Keys of all that the factories make. */
    static Set<String> ready() throws IOException {
        Set<String> ready = new TreeSet<>();
        for (Kind kind : Kind.values()) {
            names(kind).forEach(name -> ready.add(kind.key(name)));
        }
        return ready;
    }

    /** Packages whose classes may have options. */
    private static final List<String> PACKAGES = List.of("", "layers.", "losses.", "metrics.", "optimizers.");

    /** The class of an option such as {@code Adam.amsgrad}, or of a tool such as {@code KeyValueCache}; empty without that method. */
    private static Optional<Class<?>> owner(String option) {
        String[] parts = option.split("\\.", -1);
        for (String folder : PACKAGES) {
            Optional<Class<?>> type = type("dev.lamina.nn." + folder + parts[0]);
            if (type.isPresent()
                    && (parts.length == 1
                            || Arrays.stream(type.get().getMethods())
                                    .anyMatch(method -> method.getName().equals(parts[1])))) {
                return type;
            }
        }
        return Optional.empty();
    }

    private static Optional<Class<?>> type(String name) {
        try {
            return Optional.of(Class.forName(name));
        } catch (ClassNotFoundException e) {
            return Optional.empty();
        }
    }

    private static Set<String> options() throws IOException {
        return lines().keySet().stream()
                .filter(key -> key.startsWith(Kind.OPTION.key("")))
                .map(key -> key.substring(Kind.OPTION.key("").length()))
                .filter(option -> owner(option).isPresent())
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static Set<String> names(Kind kind) throws IOException {
        if (kind == Kind.OPTION) {
            return options();
        }
        if (kind == Kind.ACTIVATION) {
            return Arrays.stream(Activation.values())
                    .map(Activation::label)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
        return Arrays.stream(kind.factories.getDeclaredMethods())
                .filter(method -> Modifier.isPublic(method.getModifiers()) && Modifier.isStatic(method.getModifiers()))
                .filter(method -> kind != Kind.LAYER || Layer.class.isAssignableFrom(method.getReturnType()))
                .map(Method::getName)
                .collect(Collectors.toCollection(TreeSet::new));
    }

    // ---------------------------------------------------------------- formulas

    private static final Pattern FACTORY = Pattern.compile(
            "/\\*\\*((?:(?!\\*/).)*?)\\*/\\s*(?:@\\S+\\s+)*public static [^(;={]*?(\\w+)\\(", Pattern.DOTALL);
    private static final Pattern CONSTANT =
            Pattern.compile("/\\*\\*((?:(?!\\*/).)*?)\\*/\\s*[A-Z_0-9]+\\(\"(\\w+)\"", Pattern.DOTALL);

    /** What the Javadoc of each factory says, up to its first tag. */
    private static Map<String, String> formulas(Kind kind) throws IOException {
        if (kind == Kind.OPTION) {
            Map<String, String> formulas = new TreeMap<>();
            for (String option : options()) {
                formulas.put(option, described(option));
            }
            return formulas;
        }
        Path file = Shared.root()
                .resolve("nn/src/main/java/" + kind.factories.getName().replace('.', '/') + ".java");
        try {
            Map<String, String> formulas = new TreeMap<>();
            Matcher matcher = (kind == Kind.ACTIVATION ? CONSTANT : FACTORY).matcher(Files.readString(file));
            while (matcher.find()) {
                formulas.putIfAbsent(matcher.group(2), plain(matcher.group(1)));
            }
            return formulas;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** What the Javadoc of an option's method says, where it stands first; of a tool that of its class. */
    private static String described(String option) throws IOException {
        Class<?> type = owner(option).orElseThrow();
        String name = option.substring(option.indexOf('.') + 1);
        String declared = option.contains(".")
                ? "public (?:static |final |abstract |<[^>]*> )*[\\w<>.?, ]+ " + name + "\\("
                : "public (?:static |final |abstract |sealed )*(?:class|record|interface) " + name + "\\b";
        Pattern pattern = Pattern.compile("/\\*\\*((?:(?!\\*/).)*?)\\*/\\s*(?:@\\S+\\s+)*" + declared, Pattern.DOTALL);
        Path file = Shared.root().resolve("nn/src/main/java/" + type.getName().replace('.', '/') + ".java");
        Matcher matcher = pattern.matcher(Files.readString(file));
        return matcher.find() ? plain(matcher.group(1)) : "";
    }

    private static String plain(String comment) {
        return comment.replaceAll("(?m)^\\s*\\*\\s?", "")
                .replaceFirst("(?s)(\\n\\s*@\\w+|\\n?<[pu]|\\{@snippet).*", "")
                .replaceAll("\\s+", " ")
                .replaceAll("\\{@code ([^}]*)}", "`$1`")
                .replaceAll("\\{@link(?:plain)? ([^} ]*) ([^}]*)}", "$2")
                .replaceAll("\\{@link(?:plain)? (?:[\\w.]*\\.)?#?([^}]*)}", "`$1`")
                .replace("|", "\\|")
                .strip();
    }

    // ---------------------------------------------------------------- measuring

    static List<Row> rows() throws IOException {
        Map<String, Block> lines = lines();
        Map<String, Double> golden = golden();
        Map<String, Double> gradients = gradients();
        List<Row> rows = new ArrayList<>();
        for (Kind kind : Kind.values()) {
            Map<String, String> formulas = formulas(kind);
            for (String name : names(kind)) {
                Block block = lines.getOrDefault(kind.key(name), new Block(kind.key(name), "", "", ""));
                rows.add(row(block, formulas.getOrDefault(name, ""), golden, gradients));
            }
        }
        return rows;
    }

    private static Row row(Block block, String formula, Map<String, Double> golden, Map<String, Double> gradients) {
        double gradient = gradients.getOrDefault(block.key, Double.NaN);
        double f64 = Double.NaN;
        double f32 = Double.NaN;
        boolean proven = !block.proof.isEmpty();
        for (String proof : block.proof.split(", *", -1)) {
            f64 = larger(f64, golden.getOrDefault("f64 " + proof, Double.NaN));
            f32 = larger(f32, golden.getOrDefault("f32 " + proof, Double.NaN));
            proven &= proof.startsWith("test: ")
                    ? exists(proof.substring("test: ".length()))
                    : golden.containsKey("f64 " + proof) || golden.containsKey("f32 " + proof);
        }
        return new Row(block, formula, gradient, f64, f32, proven);
    }

    private static double larger(double a, double b) {
        return Double.isNaN(a) ? b : Double.isNaN(b) ? a : Math.max(a, b);
    }

    private static boolean exists(String test) {
        return Stream.of("testkit/src/test/java/dev/lamina/testkit/", "nn/src/test/java/dev/lamina/nn/")
                .anyMatch(folder -> Files.exists(Shared.root().resolve(folder + test + ".java")));
    }

    /** The largest error for each golden op, on the machine code. */
    private static Map<String, Double> golden() {
        return Measured.during(() -> {
            for (Object test : CatalogueTests.golden()) {
                for (Method method : test.getClass().getDeclaredMethods()) {
                    if (Stream.class.isAssignableFrom(method.getReturnType())
                            && method.getParameterCount() == 0
                            && method.isAnnotationPresent(org.junit.jupiter.api.TestFactory.class)) {
                        method.setAccessible(true);
                        run(
                                (Stream<?>) method.invoke(test),
                                name -> !name.contains(" on ") || name.endsWith(" on cpu"));
                    }
                }
            }
            OnBackend.of("cpu", () -> {
                for (GoldenCase golden : Golden.cases(Set.of("activations", "layers"))) {
                    if (!OpCases.has(golden.op())) {
                        continue;
                    }
                    Map<String, dev.lamina.core.Tensor> outputs = OpCases.outputs(golden);
                    Golden.check(golden, outputs, Golden.gradients(golden, outputs));
                }
                return true;
            });
        });
    }

    /** The largest gradient error for each block. */
    private static Map<String, Double> gradients() {
        Map<String, Double> all = new TreeMap<>();
        CatalogueTests.harnesses().forEach(harness -> {
            String name = harness.name().replaceFirst(" .*", "");
            double error = gradient(harness.tests(), test -> test.endsWith(": gradients"));
            all.merge(Kind.LAYER.key(name), error, CataloguePage::larger);
            for (Activation activation : Activation.values()) {
                if (harness.name().equals("activation " + activation)) {
                    all.put(Kind.ACTIVATION.key(activation.label()), error);
                }
            }
        });
        CatalogueTests.losses()
                .forEach(node -> all.merge(
                        Kind.LOSS.key(node.getDisplayName().replaceFirst(" .*", "")),
                        gradient(Stream.of(node), name -> true),
                        CataloguePage::larger));
        return all;
    }

    private static double gradient(Stream<? extends DynamicNode> nodes, java.util.function.Predicate<String> which) {
        return OnBackend.of(
                "interpreter", () -> Measured.during(() -> run(nodes, which)).getOrDefault("gradient", Double.NaN));
    }

    private static void run(Stream<?> nodes, java.util.function.Predicate<String> which) throws Throwable {
        for (Object node : nodes.toList()) {
            if (node instanceof DynamicContainer container) {
                run(container.getChildren(), which);
            } else if (node instanceof DynamicTest test && which.test(test.getDisplayName())) {
                test.getExecutable().execute();
            }
        }
    }

    // ---------------------------------------------------------------- page

    private static final String NONE = "–";

    private static final String HEAD = """
            # Catalogue

            Every ready block: what it is called in Keras and PyTorch, what it computes, and how far it is from the truth. *Gradient*: largest
            relative error against finite differences in f64 on the interpreter, first order (layers pass the same test in second order). *Golden*:
            largest difference from the reference values in f64 and f32 on the machine code, gradients included, relative to the largest value
            (or 1). Errors are rounded up to a power of ten. A block whose proof is a test of its own names it; – is what there is none of: no block
            of that name there, no reference value in that type. Written by `CatalogueTest`, which fails when a block is missing, has no formula
            or no proof, or an error grows.
            """;

    static String page(List<Row> rows) {
        StringBuilder page = new StringBuilder(HEAD);
        for (Kind kind : Kind.values()) {
            page.append("\n## ").append(kind.heading).append("\n\n");
            String gradient = kind.hasGradient() ? " gradient |" : "";
            page.append("| name | Keras | PyTorch | what it computes |")
                    .append(gradient)
                    .append(" golden f64 / f32 |\n");
            page.append("| --- | --- | --- | --- |")
                    .append(gradient.isEmpty() ? "" : " --- |")
                    .append(" --- |\n");
            for (Row row : rows) {
                if (row.block.key.startsWith(kind.key(""))) {
                    page.append(line(row, row.block.key.substring(kind.key("").length()), kind.hasGradient()));
                }
            }
        }
        return page.toString();
    }

    private static String line(Row row, String name, boolean hasGradient) {
        List<String> tests = Stream.of(row.block.proof.split(", *", -1))
                .filter(proof -> proof.startsWith("test: "))
                .map(proof -> "`" + proof.substring("test: ".length()) + "`")
                .toList();
        List<String> golden = new ArrayList<>();
        if (!Double.isNaN(row.f64) || !Double.isNaN(row.f32)) {
            golden.add(power(row.f64) + " / " + power(row.f32));
        }
        golden.addAll(tests);
        return "| `" + name + "` | " + code(row.block.keras) + " | " + code(row.block.torch) + " | " + row.formula
                + (hasGradient ? " | " + power(row.gradient) : "") + " | " + String.join(", ", golden) + " |\n";
    }

    private static String code(String name) {
        return name.isEmpty() || name.equals("-") ? NONE : "`" + name + "`";
    }

    /** The error rounded up to a power of ten; below 1e-12 it is rounding alone. */
    private static String power(double error) {
        return Double.isNaN(error) ? NONE : "1e" + (int) Math.ceil(Math.log10(Math.max(error, 1e-12)) - 1e-9);
    }

    private static final Pattern ERROR = Pattern.compile("\\b1e(-?\\d+)(?= )");

    static String withoutErrors(String page) {
        return ERROR.matcher(page.substring(page.indexOf("\n## ") + 1)).replaceAll("error");
    }

    /** True when no error of the first page is much larger than that of the second, which has the same rows: another processor rounds otherwise. */
    static boolean isWithin(String page, String there) {
        List<Integer> now = errors(page);
        List<Integer> before = errors(there);
        for (int i = 0; i < now.size(); i++) {
            if (now.get(i) > before.get(i) + 1) {
                return false;
            }
        }
        return true;
    }

    private static List<Integer> errors(String page) {
        return ERROR.matcher(page.substring(page.indexOf("\n## ") + 1))
                .results()
                .map(result -> Integer.valueOf(result.group(1)))
                .toList();
    }
}
