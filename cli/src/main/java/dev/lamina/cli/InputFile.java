package dev.lamina.cli;

import dev.lamina.core.DataException;
import dev.lamina.core.Tensor;
import dev.lamina.data.Csv;
import dev.lamina.data.Images;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads what somebody wants to have classified. */
final class InputFile {
    private static final int SIGNATURE = 4;

    private InputFile() {}

    /** The examples in a CSV file or an image, (N, width), 0 (paper) to 1 (ink). */
    static Tensor read(Path file, Recipe.Input input) {
        if (!Files.isRegularFile(file)) {
            throw new DataException(file + ": expected a CSV or PNG file, got "
                    + (Files.exists(file) ? "a folder or device" : "no file") + "; check the path");
        }
        return isImage(file) ? image(file, input) : table(file, input);
    }

    /** Known by the first bytes, whatever the name. */
    private static boolean isImage(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] start = in.readNBytes(SIGNATURE);
            String text = new String(start, java.nio.charset.StandardCharsets.ISO_8859_1);
            return text.equals("\u0089PNG")
                    || text.startsWith("\u00ff\u00d8")
                    || text.equals("GIF8")
                    || text.startsWith("BM");
        } catch (IOException e) {
            throw new DataException(
                    file + ": expected a readable file, got " + Reason.of(e) + "; check its permissions", e);
        }
    }

    /** Dark ink on light paper is turned round: the paper is what most of the rim shows. */
    private static Tensor image(Path file, Recipe.Input input) {
        int side = input.side();
        float[] light = Images.gray(file, side, side).toFloatArray();
        double rim = 0;
        for (int i = 0; i < side - 1; i++) {
            rim += light[i] + light[(i + 1) * side - 1] + light[side * side - 1 - i] + light[(side - 1 - i) * side];
        }
        boolean paper = rim / (4 * (side - 1)) > 0.5;
        for (int i = 0; paper && i < light.length; i++) {
            light[i] = 1 - light[i];
        }
        return Tensor.of(light, 1, side * side);
    }

    private static Tensor table(Path file, Recipe.Input input) {
        Csv.Table table = Csv.read(file);
        Tensor values = table.values();
        if (values.dim(1) != input.width()) {
            throw new DataException(file + ": expected " + input.width() + " values in each line, got " + values.dim(1)
                    + " in line 1; give one number for each of the " + input.side() + "x" + input.side()
                    + " pixels, and no label");
        }
        if (values.dim(0) == 0) {
            throw new DataException(
                    file + ": expected one or more rows, got none; add a row of " + input.width() + " values");
        }
        double least = values.min().item();
        double most = values.max().item();
        if (least < 0 || most > input.ink()) {
            throw new DataException(file + ": expected values from 0 to 1, or from 0 to " + input.ink() + ", got "
                    + least + " to " + most + "; scale them as the data that the model learned from");
        }
        return most > 1 ? values.div(input.ink()) : values;
    }
}
