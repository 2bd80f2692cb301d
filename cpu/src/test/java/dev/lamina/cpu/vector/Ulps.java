package dev.lamina.cpu.vector;

/** Distance of a float to the true value. */
final class Ulps {
    private Ulps() {}

    /** In units in the last place of the true value; infinite if one of them is NaN or infinite and the other is not, or the sign of 0 differs. */
    static double between(float found, double expected) {
        float nearest = (float) expected;
        if (Float.isNaN(found) || Float.isNaN(nearest)) {
            return Float.isNaN(found) && Float.isNaN(nearest) ? 0 : Double.POSITIVE_INFINITY;
        }
        if (found == nearest) {
            boolean sameSign = Float.floatToRawIntBits(found) >>> 31 == Float.floatToRawIntBits(nearest) >>> 31;
            return sameSign
                    ? Float.isInfinite(found) ? 0 : Math.abs(found - expected) / Math.ulp(nearest)
                    : Double.POSITIVE_INFINITY;
        }
        if (Float.isInfinite(nearest) && Math.abs(found) > 0x1.fffff0p127f) {
            return 1;
        }
        return Math.abs(found - expected) / Math.ulp(Float.isInfinite(nearest) ? Float.MAX_VALUE : nearest);
    }

    /** The same for doubles, where the value expected is itself rounded. */
    static double between(double found, double expected) {
        if (Double.doubleToLongBits(found) == Double.doubleToLongBits(expected)) {
            return 0;
        }
        if (found == expected || Double.isNaN(found - expected)) {
            return Double.POSITIVE_INFINITY;
        }
        return Math.abs(found - expected) / Math.ulp(expected);
    }
}
