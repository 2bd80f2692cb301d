package dev.lamina.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.lamina.core.LaminaException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.util.List;
import java.util.Locale;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What happens when the command line is wrong, and the help that goes with it. */
class UsageTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
                    trian                               | unknown command 'trian'; did you mean train?
                    xyzzy                               | known are train, evaluate, predict, summary, doctor
                    --hepl                              | unknown option '--hepl'; did you mean --help?
                    help trian                          | did you mean train?
                    train                               | expected a recipe, digits or mnist, behind train, got nothing
                    train digit                         | unknown recipe 'digit'; did you mean digits?
                    train resnet                        | known are digits, mnist
                    train digits mnist                  | unexpected 'mnist'
                    train digits --epoch 3              | unknown option '--epoch'; did you mean --epochs?
                    train digits --epoch=3              | did you mean --epochs?
                    train digits --thread=2             | did you mean --threads?
                    train digits --bach 3               | did you mean --batch?
                    train digits --epochs               | --epochs: expected a value behind it
                    train digits --epochs --batch 3     | --epochs: expected a value behind it
                    train digits --epochs 1 --epochs 2  | --epochs: expected once, got it twice
                    train digits --epochs 0             | --epochs: expected a whole number of 1 or more, got 0
                    train digits --epochs -1            | --epochs: expected a whole number of 1 or more, got -1
                    train digits --epochs 1.5           | --epochs: expected a whole number, got '1.5'
                    train digits --epochs 99999999999   | --epochs: expected a whole number of 1 or more
                    train digits --epochs ''            | --epochs: expected a whole number, got ''
                    train digits --batch 0              | --batch: expected a whole number of 1 or more, got 0
                    train digits --lr 0                 | --lr: expected a finite number above 0, got '0'
                    train digits --lr NaN               | --lr: expected a finite number above 0, got 'NaN'
                    train digits --lr 1e999             | --lr: expected a finite number above 0, got '1e999'
                    train digits --lr -0.1              | --lr: expected a finite number above 0, got '-0.1'
                    train digits --lr 0x1p3             | --lr: expected a finite number above 0
                    train digits --seed x               | --seed: expected a whole number, got 'x'
                    train digits --precision f16        | --precision: expected f32 or bf16, got 'f16'
                    train digits --threads 0            | --threads: expected a whole number from 1 to 1024, got 0
                    train digits --threads 1025         | --threads: expected a whole number from 1 to 1024, got 1025
                    train digits --backend gpu          | --backend: expected one of cpu, interpreter, got 'gpu'
                    train digits --backend null         | --backend: expected one of cpu, interpreter, got 'null'
                    train digits --data somewhere       | --data: the recipe digits brings its own data
                    train mnist                         | the recipe mnist needs --data DIR
                    evaluate                            | expected the folder of a run behind evaluate, got nothing
                    predict                             | expected the folder of a run behind predict, got nothing
                    predict somewhere                   | expected --input with a CSV or PNG file, got nothing
                    predict somewhere --inptu x         | did you mean --input?
                    summary                             | expected the folder of a run behind summary, got nothing
                    doctor digits                       | unexpected 'digits'
                    """)
    void wrongCommandLineIsOneLineAndExitCode2(String line, String message) {
        String[] words = line.replace("''", "\u0000").split(" +");
        for (int i = 0; i < words.length; i++) {
            words[i] = words[i].replace("\u0000", "");
        }
        Cli.assertFails(Cli.run((Object[]) words), 2, message, "(see lamina", "--help)");
    }

    @ParameterizedTest
    @ValueSource(strings = {"train", "evaluate", "predict", "summary", "doctor"})
    void everyCommandHasHelpWithExamples(String command) {
        for (List<String> words :
                List.of(List.of(command, "--help"), List.of(command, "-h"), List.of("help", command))) {
            Cli.Result help = Cli.run(words.toArray());
            assertEquals(0, help.code(), help.text());
            assertEquals("", help.err());
            assertTrue(help.out().startsWith("Usage: lamina " + command), help.out());
            assertTrue(help.out().contains("Examples:\n  lamina " + command), help.out());
            assertTrue(help.out().contains("--json") && help.out().contains("--debug"), help.out());
            assertTrue(help.out().lines().allMatch(line -> line.length() <= 100), help.out());
        }
    }

    @Test
    void overviewNamesTheCommands() {
        Cli.Result help = Cli.run();
        assertEquals(0, help.code());
        assertEquals(help, Cli.run("--help"));
        assertEquals(help, Cli.run("help"));
        for (String command : List.of("train", "evaluate", "predict", "summary", "doctor")) {
            assertTrue(help.out().contains("\n  " + command), help.out());
        }
    }

    @Test
    void versionIsOneLine() {
        Cli.Result version = Cli.run("--version");
        assertEquals(0, version.code());
        assertTrue(version.out().matches("lamina \\S.*\n"), version.out());
    }

    @Test
    void stackTraceComesOnlyWithDebug() {
        assertTrue(Cli.run("train", "digit", "--debug").err().contains("\tat "));
        Cli.Result result = Cli.run("--debug", "train", "digit");
        assertEquals(2, result.code(), result.text());
        assertTrue(result.err().contains("\tat "), result.text());
    }

    // ---------------------------------------------------------------- errors nobody expects

    @Test
    void unexpectedErrorsAreOneLineToo() {
        assertGuarded(
                () -> new IllegalStateException("boom\nand more"),
                "lamina: internal error: ",
                "boom and more",
                "--debug");
        assertGuarded(StackOverflowError::new, "lamina: internal error: ", "StackOverflowError", "--debug");
        assertGuarded(() -> new OutOfMemoryError("Java heap space"), "lamina: expected room in the Java heap", "-Xmx");
        assertGuarded(
                () -> new ExceptionInInitializerError(new LaminaException("memory: expected room")),
                "lamina: memory: expected");
        assertGuarded(
                () -> new UncheckedIOException(new IOException("No space left on device")), "no space left on device");
        assertGuarded(() -> new UncheckedIOException(new IOException()), "got: IOException");
    }

    private static void assertGuarded(Supplier<Throwable> error, String... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Console console = Console.of(Cli.stream(out), Cli.stream(err));
        int code = Main.guarded(console, false, () -> {
            throw UsageTest.<RuntimeException>sneaky(error.get());
        });
        assertEquals(1, code);
        assertEquals(0, out.size());
        assertEquals(1, err.toString(UTF_8).lines().count(), err.toString(UTF_8));
        for (String part : parts) {
            assertTrue(err.toString(UTF_8).contains(part), err.toString(UTF_8));
        }
    }

    @SuppressWarnings({"unchecked", "TypeParameterUnusedInFormals"})
    private static <T extends Throwable> T sneaky(Throwable error) throws T {
        throw (T) error;
    }

    @Test
    void closedPipeEndsWithoutAWord() {
        OutputStream closed = new OutputStream() {
            @Override
            public void write(int value) throws IOException {
                throw new IOException("Broken pipe");
            }
        };
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        assertEquals(141, Main.run(new String[] {"--help"}, new PrintStream(closed), Cli.stream(err)));
        assertEquals("", err.toString(UTF_8));
    }

    @Test
    void numbersLookTheSameInEveryCountry() {
        Locale before = Locale.getDefault();
        try {
            Locale.setDefault(Locale.forLanguageTag("ar-EG-u-nu-arab"));
            ByteArrayOutputStream out = new ByteArrayOutputStream();
            Console.of(Cli.stream(out), Cli.stream(out)).line("%,d %.2f", 1234, 0.5);
            assertEquals("1,234 0.50\n", out.toString(UTF_8));
            Cli.assertFails(Cli.run("train", "digits", "--epochs", "0"), 2, "1 or more, got 0");
        } finally {
            Locale.setDefault(before);
        }
    }
}
