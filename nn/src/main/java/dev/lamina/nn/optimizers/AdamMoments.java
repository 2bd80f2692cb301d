package dev.lamina.nn.optimizers;

import dev.lamina.core.Tensor;
import dev.lamina.nn.ParameterUpdate;

/** Adam's averages as LAMB and Muon take them: m = b1 m + (1 - b1) g, v = b2 v + (1 - b2) g^2, and their corrections. */
record AdamMoments(double beta1, double beta2) {
    static AdamMoments of(String rule, double beta1, double beta2) {
        return new AdamMoments(Checks.share(rule, "a beta1", beta1, 0.9), Checks.share(rule, "a beta2", beta2, 0.999));
    }

    /** For {@code scalars}: 1 - b1^t and sqrt(1 - b2^t) at step t. */
    double[] corrections(long t) {
        return new double[] {1 - Math.pow(beta1, (double) t), Math.sqrt(1 - Math.pow(beta2, (double) t))};
    }

    /** m' / (sqrt(v') + epsilon); keeps m and v. */
    Tensor move(ParameterUpdate p, double epsilon) {
        Tensor g = p.gradient();
        Tensor mean = p.keepShrinking("mean", p.slot("mean", 0).mul(beta1).add(g.mul(1 - beta1)));
        Tensor square =
                p.keep("square", p.slot("square", 0).mul(beta2).add(g.square().mul(1 - beta2)));
        return mean.div(p.scalar(0)).div(square.sqrt().div(p.scalar(1)).add(epsilon));
    }
}
