package dev.lamina.bench;

/**
 * What a row counts.
 *
 * @param name as printed
 * @param isRate true when more is better
 * @param factor of work per second, or of seconds
 */
record Unit(String name, boolean isRate, double factor) {
    /** Work per second: 10^9 floating-point operations, bytes, examples. */
    static Unit rate(String name, double work) {
        return new Unit(name, true, work);
    }

    /** Time per unit of work: {@code cost("us", 1e6 / steps)}. */
    static Unit cost(String name, double scale) {
        return new Unit(name, false, scale);
    }

    double of(double seconds) {
        return isRate ? factor / seconds : factor * seconds;
    }

    /** How many times better: above 1 when ours is. */
    double ratio(double ours, double peer) {
        return isRate ? ours / peer : peer / ours;
    }
}
