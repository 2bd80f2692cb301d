package dev.lamina.core.profile;

import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One run of a kernel in a recording of the JDK Flight Recorder, while the profiler is on. */
@Name("dev.lamina.Kernel")
@Label("Kernel")
@Category("Lamina")
@StackTrace(false)
final class KernelEvent extends Event {
    @Label("Kernel")
    String kernel;

    @Label("Plan")
    int plan;

    @Label("Task of the plan")
    int task;

    @Label("Bytes read and written at least")
    long bytes;

    @Label("Operations")
    double flops;

    KernelEvent(String kernel, int plan, int task, Cost cost) {
        this.kernel = kernel;
        this.plan = plan;
        this.task = task;
        this.bytes = cost.bytes();
        this.flops = cost.flops();
    }
}
