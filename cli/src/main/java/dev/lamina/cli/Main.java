package dev.lamina.cli;

import dev.lamina.core.LaminaException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.OverwrittenOptionException;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.UnmatchedArgumentException;

/** The {@code lamina} command. Exit codes: 0 done, 1 failed, 2 not understood. */
public final class Main {
    private static final int FAILURE = 1;
    private static final int USAGE = 2;
    /** What a shell reports for a program that ends because nobody reads its output. */
    private static final int CLOSED_PIPE = 141;

    private static final List<Command> COMMANDS = List.of(
            new TrainCommand(), new EvaluateCommand(), new PredictCommand(), new SummaryCommand(), new DoctorCommand());

    private Main() {}

    /** Runs a command and ends the process. */
    public static void main(String[] args) {
        // Reading a PNG needs no screen.
        System.setProperty("java.awt.headless", "true");
        System.exit(run(args, Console.standard()));
    }

    /**
     * Runs a command within a program or a test.
     *
     * @param args the words behind {@code lamina}
     * @param out standard output
     * @param err standard error
     * @return the exit code
     */
    public static int run(String[] args, PrintStream out, PrintStream err) {
        return run(args, Console.of(out, err));
    }

    private static int run(String[] args, Console console) {
        boolean debug = Arrays.asList(args).contains("--debug");
        List<String> words = Arrays.stream(args).dropWhile("--debug"::equals).toList();
        return guarded(console, debug, () -> dispatch(words, console));
    }

    /** Turns whatever goes wrong into one line and an exit code. */
    static int guarded(Console console, boolean debug, Runnable body) {
        try {
            body.run();
            return 0;
        } catch (Console.ClosedPipe e) {
            return CLOSED_PIPE;
        } catch (UsageException e) {
            return report(console, e, debug, e.getMessage(), USAGE);
        } catch (LaminaException e) {
            return report(console, e, debug, "lamina: " + e.getMessage(), FAILURE);
        } catch (UncheckedIOException e) {
            String reason = "lamina: expected to read or write a file, got: " + Reason.of(e.getCause());
            return report(console, e, debug, reason, FAILURE);
        } catch (OutOfMemoryError e) {
            return report(console, e, debug, outOfMemory(), FAILURE);
        } catch (RuntimeException | Error e) {
            Optional<LaminaException> inner = meant(e);
            if (inner.isPresent()) {
                return report(console, e, debug, "lamina: " + inner.get().getMessage(), FAILURE);
            }
            return report(
                    console, e, debug, "lamina: internal error: " + e + "; run with --debug and report it", FAILURE);
        }
    }

    /** The error with a message for people inside one of the JVM, as when a class or a service cannot be made ready. */
    private static Optional<LaminaException> meant(Throwable error) {
        for (Throwable cause = error.getCause(); cause != null; cause = cause.getCause()) {
            if (cause instanceof LaminaException inner) {
                return Optional.of(inner);
            }
        }
        return Optional.empty();
    }

    private static int report(Console console, Throwable error, boolean debug, String message, int code) {
        if (debug) {
            console.stackTrace(error);
        }
        console.error(message);
        return code;
    }

    private static String outOfMemory() {
        return "lamina: expected room in the Java heap, got none left of "
                + (Runtime.getRuntime().maxMemory() >> 20)
                + " MB; give it more with LAMINA_JAVA_OPTS=-Xmx4g, for example";
    }

    // ---------------------------------------------------------------- which command

    private static void dispatch(List<String> words, Console console) {
        String first = words.isEmpty() ? "--help" : words.getFirst();
        switch (first) {
            case "--help", "-h" -> console.print(overview());
            case "--version", "-V" -> console.line("lamina %s", Environment.version());
            case "help" -> help(words.subList(1, words.size()), console);
            default -> execute(command(first), words.subList(1, words.size()), console);
        }
    }

    private static Command command(String name) {
        List<String> names = COMMANDS.stream().map(Command::name).toList();
        return COMMANDS.stream()
                .filter(command -> command.name().equals(name))
                .findFirst()
                .orElseThrow(() -> {
                    boolean option = name.startsWith("-");
                    List<String> known = option ? List.of("--help", "--version", "--debug") : names;
                    return new UsageException("lamina: unknown " + (option ? "option" : "command") + " '" + name + "'; "
                            + Nearest.hint(name, known) + " (see lamina --help)");
                });
    }

    private static void help(List<String> words, Console console) {
        console.print(
                words.isEmpty() ? overview() : usage(command(words.getFirst()).spec()));
    }

    private static void execute(Command command, List<String> words, Console console) {
        CommandSpec spec = command.spec();
        try {
            if (words.contains("--help") || words.contains("-h")) {
                console.print(usage(spec));
                return;
            }
            Arguments arguments = new Arguments(parse(spec, words));
            if (arguments.has("--json")) {
                console.reserveForJson();
            }
            command.run(arguments, console);
        } catch (UsageException e) {
            String path = "lamina " + command.name();
            throw new UsageException(path + ": " + e.getMessage() + " (see " + path + " --help)");
        }
    }

    private static ParseResult parse(CommandSpec spec, List<String> words) {
        try {
            return new CommandLine(spec).setExpandAtFiles(false).parseArgs(words.toArray(String[]::new));
        } catch (ParameterException e) {
            throw new UsageException(explain(e, spec));
        }
    }

    private static String explain(ParameterException error, CommandSpec spec) {
        if (error instanceof UnmatchedArgumentException unmatched) {
            String word = unmatched.getUnmatched().getFirst();
            List<String> known =
                    spec.options().stream().map(OptionSpec::longestName).toList();
            return word.startsWith("-")
                    ? "unknown option '" + word + "'; " + Nearest.hint(word.replaceFirst("=.*", ""), known)
                    : "unexpected '" + word + "'; leave it out, or put an option in front of it";
        }
        if (error instanceof MissingParameterException missing
                && !missing.getMissing().isEmpty()) {
            return name(missing.getMissing().getFirst()) + ": expected a value behind it, got nothing";
        }
        if (error instanceof OverwrittenOptionException twice) {
            return name(twice.getOverwritten()) + ": expected once, got it twice";
        }
        return String.valueOf(error.getMessage()).lines().findFirst().orElse("arguments not understood");
    }

    private static String name(ArgSpec argument) {
        return argument instanceof OptionSpec option ? option.longestName() : argument.paramLabel();
    }

    // ---------------------------------------------------------------- help

    private static String usage(CommandSpec spec) {
        spec.usageMessage().width(100).sortOptions(false);
        return new CommandLine(spec).getUsageMessage(Ansi.OFF);
    }

    private static String overview() {
        String commands = COMMANDS.stream()
                .map(command ->
                        "  " + command.name() + " ".repeat(10 - command.name().length()) + command.purpose() + "\n")
                .collect(Collectors.joining());
        return """
                Usage: lamina COMMAND [OPTIONS]

                Deep learning on the JVM.

                Commands:
                %s
                Options:
                  -h, --help     show this; lamina COMMAND --help shows the options of a command
                  -V, --version  show the version
                      --debug    print the stack trace of an error

                Examples:
                  lamina train digits
                  lamina evaluate runs/digits-001
                """.formatted(commands);
    }
}
