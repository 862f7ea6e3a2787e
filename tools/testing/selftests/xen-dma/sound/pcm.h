/* SPDX-License-Identifier: GPL-2.0 */
/* Sound, by the kernel's own interface: 16 bits, stereo, 48 kHz. */
#ifndef XEN_DMA_SOUND_PCM_H
#define XEN_DMA_SOUND_PCM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define RATE		48000
#define FRAME		4	/* bytes */
#define FRAMES		16384	/* of the buffer: the most that the device has */

struct pcm {
	int fd;
	int16_t *frames;	/* mapped */
};

/* These end the test as failed if the kernel returns an error. */
struct pcm pcm_open(const char *path, bool playback);
void pcm_fill(const struct pcm *p);	/* tells the kernel that all of it is new */
void pcm_start(const struct pcm *p);
void pcm_drain(const struct pcm *p);	/* waits until all was played */
size_t pcm_position(const struct pcm *p);	/* of the device, in frames */

/* Unmute each channel of the card, and set it to full volume. */
void mixer_open_up(const char *path);

#endif /* XEN_DMA_SOUND_PCM_H */
