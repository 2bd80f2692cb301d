package dev.lamina.cpu.code;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** GNU as, which the encodings are compared with. */
final class GnuAssembler {
    private GnuAssembler() {}

    static boolean isInstalled() {
        try {
            Process process = new ProcessBuilder("as", "--version")
                    .redirectErrorStream(true)
                    .start();
            process.getInputStream().readAllBytes();
            return process.waitFor() == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The bytes of each line as hex digits, or its error message; all in one run. */
    static List<String> assemble(List<String> lines, Path folder) throws Exception {
        Path source = folder.resolve("cases.s");
        Path listing = folder.resolve("cases.lst");
        Path messages = folder.resolve("messages");
        List<String> text = new ArrayList<>(List.of(".intel_syntax noprefix"));
        text.addAll(lines);
        Files.write(source, text);
        Process process = new ProcessBuilder(
                        "as",
                        "-mtune=generic64",
                        "-aln=" + listing,
                        "--listing-lhs-width=8",
                        "-o",
                        folder.resolve("o").toString(),
                        source.toString())
                .redirectErrorStream(true)
                .redirectOutput(messages.toFile())
                .start();
        if (!process.waitFor(120, TimeUnit.SECONDS)) {
            process.destroyForcibly();
            throw new IllegalStateException("as does not end");
        }
        String[] bytes = new String[lines.size()];
        for (String message : Files.readAllLines(messages)) {
            number(message, ".s:", ":").ifPresent(n -> bytes[n - 2] = message.substring(message.lastIndexOf(".s:")));
        }
        if (Files.exists(listing)) {
            Files.readAllLines(listing).forEach(line -> read(line, bytes));
        }
        return Arrays.asList(bytes);
    }

    private static Optional<Integer> number(String text, String before, String after) {
        int start = text.indexOf(before) + before.length();
        int end = text.indexOf(after, start);
        return text.contains(before)
                        && end > start
                        && text.substring(start, end).chars().allMatch(Character::isDigit)
                ? Optional.of(Integer.parseInt(text.substring(start, end)))
                : Optional.empty();
    }

    private static void read(String line, String[] bytes) {
        // "  12 0034 62F17C48 5801     \tvaddps ...": line number, position (???? if there are errors), bytes in
        // groups.
        String[] columns = line.split("\t", 2)[0].strip().split(" +");
        if (columns.length < 3 || !columns[0].chars().allMatch(Character::isDigit)) {
            return;
        }
        int n = Integer.parseInt(columns[0]) - 2;
        if (n >= 0 && n < bytes.length && bytes[n] == null) {
            bytes[n] = String.join("", List.of(columns).subList(2, columns.length));
        }
    }
}
