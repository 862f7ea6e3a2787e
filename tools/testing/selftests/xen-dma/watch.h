/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fault detector is asked before and after each test.  A fixture calls
 * watch_begin() in its setup and watch_end() in FIXTURE_TEARDOWN_PARENT(),
 * which runs in another process than the test, so also if that was killed.
 */
#ifndef XEN_DMA_WATCH_H
#define XEN_DMA_WATCH_H

/* Call once, before the first test. */
void watch_init(void);

/* Take the hits since the last test: they belong to none. */
void watch_begin(void);

/* End the test as failed if the detector has seen something, or missed it. */
void watch_end(void);

/* End the test as failed if there were hits that belong to no test. */
void watch_stray(void);

#endif /* XEN_DMA_WATCH_H */
