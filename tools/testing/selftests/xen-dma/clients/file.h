/* SPDX-License-Identifier: GPL-2.0 */
/* Files of the kernel.  A call that does not succeed ends the test as failed. */
#ifndef XEN_DMA_CLIENTS_FILE_H
#define XEN_DMA_CLIENTS_FILE_H

int file_open(const char *path, int flags);

/* Do an ioctl(); @name is the name of @request. */
void file_call(int fd, unsigned long request, void *arg, const char *name);

void file_put(const char *path, const char *text);

#endif /* XEN_DMA_CLIENTS_FILE_H */
