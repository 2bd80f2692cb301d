/** What each kernel costs: time, bytes and operations, against what the machine can do. */
@NullMarked
package dev.lamina.core.profile;

import org.jspecify.annotations.NullMarked;
