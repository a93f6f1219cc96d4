/*
 * remove: what is in a directory of ours taken away.
 */
#ifndef TG_IO_REMOVE_H
#define TG_IO_REMOVE_H

/* Removes all that is in the open directory, so many levels of directories deep. Symbolic links are removed, never followed. What cannot
 * be removed stays. */
void tg_remove_inside(int directory, int depth);

#endif
