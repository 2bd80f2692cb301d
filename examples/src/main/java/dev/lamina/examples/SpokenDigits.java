package dev.lamina.examples;

import static dev.lamina.nn.FitOptions.epochs;
import static dev.lamina.nn.Layers.bidirectional;
import static dev.lamina.nn.Layers.dense;
import static dev.lamina.nn.Layers.dropout;
import static dev.lamina.nn.Layers.gru;
import static dev.lamina.nn.Losses.sparseCategoricalCrossentropy;
import static dev.lamina.nn.Metrics.accuracy;
import static dev.lamina.nn.Optimizers.adam;

import dev.lamina.data.Dataset;
import dev.lamina.data.LogMel;
import dev.lamina.data.Tar;
import dev.lamina.data.Wav;
import dev.lamina.nn.Callback;
import dev.lamina.nn.Evaluation;
import dev.lamina.nn.Model;
import dev.lamina.nn.ProgressLine;
import dev.lamina.nn.Sequential;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Which digit was said: recordings of the Free Spoken Digit Dataset as log-mel spectrograms, a bidirectional GRU of 2 x 64, Adam, batches
 * of 32. Takes 0 to 4 of each speaker and digit are the test set, as its authors say.
 */
public final class SpokenDigits {
    private static final int RATE = 8000;
    private static final int BANDS = 40;
    /** 64 steps of 12.5 ms: what is longer is cut off, what is shorter ends in silence. */
    private static final int STEPS = 64;

    private static final float SILENCE = -2;
    private static final LogMel MEL = LogMel.of(RATE).hop(100).bands(BANDS);
    private static final int TEST_TAKES = 5;

    private SpokenDigits() {}

    /** Trains and prints; the argument is the path of fsdd-recordings.tar.gz. */
    public static void main(String[] args) {
        System.out.println(run(data(Path.of(args[0])), 10, ProgressLine.of(System.out, false)));
    }

    static Evaluation run(Dataset.Split data, int epochs, Callback... callbacks) {
        Model model = Sequential.of(bidirectional(gru(64), gru(64)), dropout(0.3), dense(10));
        model.compile(adam(2e-3).clipNorm(1), sparseCategoricalCrossentropy(), accuracy());
        model.fit(data.train(), epochs(epochs).batchSize(32).seed(1).callbacks(callbacks));
        return model.evaluate(data.test());
    }

    /** Reads the recordings, named folder/DIGIT_SPEAKER_TAKE.wav, and splits them by take. */
    static Dataset.Split data(Path archive) {
        List<float[]> train = new ArrayList<>();
        List<float[]> test = new ArrayList<>();
        List<Integer> trainLabels = new ArrayList<>();
        List<Integer> testLabels = new ArrayList<>();
        Tar.read(archive, (name, content) -> {
            String[] parts = name.substring(name.lastIndexOf('/') + 1).split("[_.]", -1);
            boolean tested = Integer.parseInt(parts[2]) < TEST_TAKES;
            (tested ? test : train).add(features(Wav.of(content, name)));
            (tested ? testLabels : trainLabels).add(Integer.parseInt(parts[0]));
        });
        return new Dataset.Split(dataset(train, trainLabels), dataset(test, testLabels));
    }

    /** (STEPS, BANDS), with mean 0 and deviation 1 over the recording, so that loudness does not matter. */
    private static float[] features(Wav wav) {
        float[] said = MEL.of(Arrays.copyOf(wav.mono(), Math.max(wav.frames(), MEL.window())))
                .toFloatArray();
        double sum = 0;
        double squares = 0;
        for (float value : said) {
            sum += value;
            squares += (double) value * value;
        }
        double mean = sum / said.length;
        double deviation = Math.sqrt(Math.max(squares / said.length - mean * mean, 1e-6));
        float[] features = new float[STEPS * BANDS];
        for (int i = 0; i < features.length; i++) {
            features[i] = i < said.length ? (float) ((said[i] - mean) / deviation) : SILENCE;
        }
        return features;
    }

    private static Dataset dataset(List<float[]> features, List<Integer> labels) {
        Dataset flat = Dataset.of(
                features.toArray(float[][]::new),
                labels.stream().mapToInt(label -> label).toArray());
        return flat.reshape(Dataset.FEATURES, STEPS, BANDS);
    }
}
