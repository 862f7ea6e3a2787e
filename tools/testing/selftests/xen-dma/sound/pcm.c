// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sound/asound.h>

#include "../buffer.h"
#include "../clients/file.h"
#include "../outcome.h"
#include "pcm.h"

/* Select one value of a parameter that is a set of values. */
static void choose(struct snd_pcm_hw_params *h, unsigned int param, unsigned int value)
{
	struct snd_mask *m = &h->masks[param - SNDRV_PCM_HW_PARAM_FIRST_MASK];

	memset(m, 0, sizeof(*m));
	m->bits[value / 32] = 1u << value % 32;
}

/* Set a parameter that is a number. */
static void set(struct snd_pcm_hw_params *h, unsigned int param, unsigned int value)
{
	h->intervals[param - SNDRV_PCM_HW_PARAM_FIRST_INTERVAL] =
		(struct snd_interval){ .min = value, .max = value, .integer = 1 };
}

static void configure(int fd, bool playback)
{
	struct snd_pcm_hw_params h = { .rmask = ~0u };
	struct snd_pcm_sw_params s = {
		.period_step = 1, .avail_min = 1, .start_threshold = LONG_MAX,
		/* Recording goes on, even if nobody reads in time. */
		.stop_threshold = playback ? FRAMES : LONG_MAX,
	};
	unsigned int i;

	memset(h.masks, 0xff, sizeof(h.masks));
	for (i = 0; i < COUNT(h.intervals); i++)
		h.intervals[i].max = UINT_MAX;
	choose(&h, SNDRV_PCM_HW_PARAM_ACCESS, SNDRV_PCM_ACCESS_MMAP_INTERLEAVED);
	choose(&h, SNDRV_PCM_HW_PARAM_FORMAT, SNDRV_PCM_FORMAT_S16_LE);
	set(&h, SNDRV_PCM_HW_PARAM_CHANNELS, 2);
	set(&h, SNDRV_PCM_HW_PARAM_RATE, RATE);
	set(&h, SNDRV_PCM_HW_PARAM_PERIOD_SIZE, FRAMES / 8);
	set(&h, SNDRV_PCM_HW_PARAM_BUFFER_SIZE, FRAMES);
	file_call(fd, SNDRV_PCM_IOCTL_HW_PARAMS, &h, "SNDRV_PCM_IOCTL_HW_PARAMS");
	file_call(fd, SNDRV_PCM_IOCTL_SW_PARAMS, &s, "SNDRV_PCM_IOCTL_SW_PARAMS");
}

static void prepare(int fd)
{
	file_call(fd, SNDRV_PCM_IOCTL_PREPARE, NULL, "SNDRV_PCM_IOCTL_PREPARE");
}

struct pcm pcm_open(const char *path, bool playback)
{
	struct pcm p = { .fd = file_open(path, O_RDWR) };

	configure(p.fd, playback);
	prepare(p.fd);
	p.frames = mmap(NULL, FRAMES * FRAME, PROT_READ | PROT_WRITE, MAP_SHARED, p.fd,
			SNDRV_PCM_MMAP_OFFSET_DATA);
	if (p.frames == MAP_FAILED)
		fail("mmap of the buffer: %s", strerror(errno));
	return p;
}

void pcm_fill(const struct pcm *p)
{
	struct snd_pcm_sync_ptr s = { .c.control = { .appl_ptr = FRAMES, .avail_min = 1 } };

	prepare(p->fd);
	file_call(p->fd, SNDRV_PCM_IOCTL_SYNC_PTR, &s, "SNDRV_PCM_IOCTL_SYNC_PTR");
}

void pcm_start(const struct pcm *p)
{
	file_call(p->fd, SNDRV_PCM_IOCTL_START, NULL, "SNDRV_PCM_IOCTL_START");
}

void pcm_drain(const struct pcm *p)
{
	file_call(p->fd, SNDRV_PCM_IOCTL_DRAIN, NULL, "SNDRV_PCM_IOCTL_DRAIN");
}

size_t pcm_position(const struct pcm *p)
{
	struct snd_pcm_sync_ptr s = {
		.flags = SNDRV_PCM_SYNC_PTR_HWSYNC | SNDRV_PCM_SYNC_PTR_APPL |
			 SNDRV_PCM_SYNC_PTR_AVAIL_MIN,
	};

	file_call(p->fd, SNDRV_PCM_IOCTL_SYNC_PTR, &s, "SNDRV_PCM_IOCTL_SYNC_PTR");
	return s.s.status.hw_ptr;
}

static void open_up(int fd, const struct snd_ctl_elem_id *id)
{
	struct snd_ctl_elem_info about = { .id = *id };
	struct snd_ctl_elem_value value = { .id = *id };
	unsigned int i;

	file_call(fd, SNDRV_CTL_IOCTL_ELEM_INFO, &about, "SNDRV_CTL_IOCTL_ELEM_INFO");
	if (about.type != SNDRV_CTL_ELEM_TYPE_BOOLEAN && about.type != SNDRV_CTL_ELEM_TYPE_INTEGER)
		return;
	for (i = 0; i < about.count; i++)
		value.value.integer.value[i] = about.value.integer.max;
	file_call(fd, SNDRV_CTL_IOCTL_ELEM_WRITE, &value, "SNDRV_CTL_IOCTL_ELEM_WRITE");
}

void mixer_open_up(const char *path)
{
	static const char * const names[] = {
		"Master Playback Switch", "Master Playback Volume",
		"PCM Playback Switch", "PCM Playback Volume",
	};
	struct snd_ctl_elem_id id[256];
	struct snd_ctl_elem_list all = { .space = 256, .pids = id };
	int fd = file_open(path, O_RDWR);
	unsigned int i, j, found = 0;

	file_call(fd, SNDRV_CTL_IOCTL_ELEM_LIST, &all, "SNDRV_CTL_IOCTL_ELEM_LIST");
	for (i = 0; i < all.used; i++)
		for (j = 0; j < COUNT(names); j++)
			if (!strcmp((const char *)id[i].name, names[j])) {
				open_up(fd, &id[i]);
				found++;
			}
	if (found != COUNT(names))
		fail("the mixer has %u controls, %u of them known", all.used, found);
}
