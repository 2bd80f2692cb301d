package dev.lamina.cli;

import java.util.stream.Collectors;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** One of the commands of {@code lamina}. */
interface Command {
    /** The word after {@code lamina}. */
    String name();

    /** What it does, in one line. */
    String purpose();

    /** Adds positional words, options and examples. */
    void describe(Syntax syntax);

    /**
     * Does it.
     *
     * @throws UsageException when the arguments make no sense
     * @throws dev.lamina.core.LaminaException when it fails
     */
    void run(Arguments arguments, Console console);

    /** What picocli shall accept and show for this command. */
    default CommandSpec spec() {
        Syntax syntax = new Syntax(CommandSpec.create().name("lamina " + name()));
        syntax.spec.usageMessage().description("%n" + purpose() + "%n");
        describe(syntax);
        String words = syntax.spec.positionalParameters().stream()
                .map(word -> word.paramLabel() + " ")
                .collect(Collectors.joining());
        syntax.spec.usageMessage().customSynopsis("lamina " + name() + " " + words + "[OPTIONS]");
        syntax.flag("--json", "print the result as one JSON object in the last line; text for people goes to stderr");
        syntax.flag("--debug", "print the stack trace of an error");
        syntax.flag("--help", "show this");
        return syntax.spec;
    }

    /** Collects what a command accepts. */
    record Syntax(CommandSpec spec) {
        /** A word that stands without an option, and lines about it. */
        Syntax word(String label, String... description) {
            spec.addPositional(PositionalParamSpec.builder()
                    .index(Integer.toString(spec.positionalParameters().size()))
                    // Not required here: our own message says more.
                    .arity("0..1")
                    .paramLabel(label)
                    .hideParamSyntax(true)
                    .type(String.class)
                    .description(description)
                    .build());
            return this;
        }

        /** An option with a value. */
        Syntax option(String name, String label, String description) {
            spec.addOption(OptionSpec.builder(name)
                    .paramLabel(label)
                    .type(String.class)
                    .description(description)
                    .build());
            return this;
        }

        /** An option whose value may be left out; then it is empty. */
        Syntax optional(String name, String label, String description) {
            spec.addOption(OptionSpec.builder(name)
                    .paramLabel(label)
                    .type(String.class)
                    .arity("0..1")
                    .fallbackValue("")
                    .description(description)
                    .build());
            return this;
        }

        /** An option without a value. */
        Syntax flag(String name, String description) {
            String[] names = name.equals("--help") ? new String[] {"-h", name} : new String[] {name};
            spec.addOption(OptionSpec.builder(names)
                    .type(boolean.class)
                    .usageHelp(name.equals("--help"))
                    .description(description)
                    .build());
            return this;
        }

        /** The options of every command that computes. */
        Syntax engine() {
            return option("--threads", "N", "threads that compute; the processors unless said otherwise")
                    .option("--backend", "NAME", "what computes: cpu or interpreter (slow, to check the other)");
        }

        /** Command lines that work, shown below the options. */
        Syntax examples(String... lines) {
            String[] footer = new String[lines.length + 1];
            footer[0] = "%nExamples:";
            for (int i = 0; i < lines.length; i++) {
                footer[i + 1] = "  " + lines[i];
            }
            spec.usageMessage().footer(footer);
            return this;
        }
    }
}
