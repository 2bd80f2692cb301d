package dev.lamina.data;

import dev.lamina.core.DataException;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Writes files so that a reader sees the old content or the new one, never a part.
 *
 * <p>The bytes go to a temporary file in the same folder, are flushed to the disk, and the temporary file then takes
 * the name of the target in one atomic move. When anything fails, the temporary file is deleted and the old file is as
 * it was. A killed process may leave a temporary file, whose name starts with a dot and ends with {@code .tmp}; the
 * target is complete all the same.
 */
public final class AtomicFiles {

    private static final int BUFFER = 1 << 16;
    private static final int NAME_ATTEMPTS = 10_000;
    private static final AtomicLong COUNTER = new AtomicLong();

    private AtomicFiles() {}

    /** Puts the content of a file into a stream. */
    @FunctionalInterface
    public interface Writer {
        /**
         * Writes the whole content.
         *
         * @param out a buffered stream; it need not be closed
         * @throws IOException if the stream fails
         */
        void write(OutputStream out) throws IOException;
    }

    /**
     * Writes or replaces a file.
     *
     * @param file the target; a symbolic link is followed
     * @param writer gives the content; what it throws leaves the old file as it was
     * @throws DataException if the file cannot be written, for example because the disk is full
     */
    public static void write(Path file, Writer writer) {
        try {
            Path target = Files.isSymbolicLink(file) ? file.toRealPath() : file.toAbsolutePath();
            Path folder = target.getParent();
            if (folder == null || Files.isDirectory(target)) {
                throw new DataException(file + ": expected the name of a file to write, got a folder; add a file name");
            }
            if (!Files.isDirectory(folder)) {
                throw new DataException(file + ": expected an existing folder to write to, got none at " + folder
                        + "; create it first");
            }
            replace(target, folder, writer);
        } catch (IOException e) {
            throw new DataException(
                    file + ": expected to write the file, got " + Source.reason(e)
                            + "; check free space and permissions (a file that was there is unchanged)",
                    e);
        }
    }

    /**
     * Writes or replaces a text file in UTF-8.
     *
     * @param file the target
     * @param text the whole content
     * @throws DataException if the file cannot be written
     */
    public static void write(Path file, String text) {
        write(file, out -> out.write(text.getBytes(StandardCharsets.UTF_8)));
    }

    private static void replace(Path target, Path folder, Writer writer) throws IOException {
        Path temporary = createTemporary(target, folder);
        boolean moved = false;
        try {
            try (FileChannel channel = FileChannel.open(temporary, StandardOpenOption.WRITE)) {
                OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
                writer.write(out);
                out.flush();
                channel.force(true);
            }
            Files.move(temporary, target, StandardCopyOption.ATOMIC_MOVE);
            moved = true;
        } finally {
            if (!moved) {
                Files.deleteIfExists(temporary);
            }
        }
        flushFolder(folder);
    }

    /** Not Files.createTempFile, which makes files that only their owner can read. */
    private static Path createTemporary(Path target, Path folder) throws IOException {
        String prefix =
                "." + target.getFileName() + "." + ProcessHandle.current().pid() + "-";
        for (int attempt = 0; ; attempt++) {
            try {
                return Files.createFile(folder.resolve(prefix + COUNTER.getAndIncrement() + ".tmp"));
            } catch (FileAlreadyExistsException e) {
                // A killed process with the same number left it behind: take the next name.
                if (attempt == NAME_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** Makes the move itself survive a power cut; Windows cannot open a folder and does not need it. */
    private static void flushFolder(Path folder) {
        try (FileChannel channel = FileChannel.open(folder, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            // The file itself is complete and in place.
        }
    }
}
