package dev.lamina.nn.metrics;

import java.util.Arrays;

/** A metric that has to look at all values at once: it keeps them until the epoch is over, which takes memory for each example. */
abstract class Collected extends Weighable {
    @Override
    protected final Tally tally() {
        return new Kept();
    }

    private final class Kept implements Tally {
        private double[] all = {};
        private int size;
        private double value = Double.NaN;
        private boolean known = true;

        @Override
        public void add(double[] values, int count) {
            if (size + count > all.length) {
                all = Arrays.copyOf(all, Math.max(size + count, 2 * all.length));
            }
            System.arraycopy(values, 0, all, size, count);
            size += count;
            known = false;
        }

        @Override
        public double value() {
            if (!known) {
                value = Collected.this.value(sums());
                known = true;
            }
            return value;
        }

        @Override
        public double[] sums() {
            return Arrays.copyOf(all, size);
        }

        @Override
        public void clear() {
            size = 0;
            value = Double.NaN;
            known = true;
        }
    }
}
