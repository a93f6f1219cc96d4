#include "common/io/remove.h"

#include "common/base/own.h"

#include <dirent.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

void tg_remove_inside(int directory, int depth)
{
	int copy = openat(directory, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	DIR *list = copy < 0 ? NULL : fdopendir(copy);
	const struct dirent *entry;

	if (!list) {
		tg_close_fd(&copy);
		return;
	}
	while ((entry = readdir(list))) {
		TG_OWN(tg_close_fd) int below = -1;

		if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
			continue;
		if (unlinkat(directory, entry->d_name, 0) == 0 || depth == 0)
			continue;
		below = openat(directory, entry->d_name,
			       O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below < 0)
			continue;
		tg_remove_inside(below, depth - 1);
		(void)unlinkat(directory, entry->d_name, AT_REMOVEDIR);
	}
	closedir(list);
}
