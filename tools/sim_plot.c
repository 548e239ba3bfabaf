#include "tools/sim_plot.h"

#include <errno.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#define OVER 5 /* s: rates are means over so long */

/* In single quotes gnuplot doubles a quote and knows no escapes. */
static void
quoted(FILE *f, const char *s)
{
	fputc('\'', f);
	for (; *s != '\0'; s++) {
		if (*s == '\'')
			fputc('\'', f);
		fputc((unsigned char)*s < 0x20 ? ' ' : *s, f);
	}
	fputc('\'', f);
}

/* Lag in s, share of the pieces. */
static void
put_lag(FILE *f, const struct tally *t)
{
	fputs("$lag << EOD\n", f);
	for (uint32_t ppm = 1000; ppm <= 1000000; ppm += 1000)
		fprintf(f, "%.4f %.3f\n",
		    (double)quantile_get(&t->sum.lag, ppm, 0) / 1e6, ppm / 1e6);
	fputs("EOD\n", f);
}

/* Time in s, offload in %, origin in Mbit/s, viewers. */
static void
put_series(FILE *f, const struct series *s)
{
	/* The first row: gnuplot fails when it has nothing to draw. */
	fputs("$time << EOD\n0 nan 0 0\n", f);
	for (size_t i = 1; i < s->n; i++) {
		size_t over = SP_MIN(i, OVER);
		const struct series_row *a = &s->v[i - over], *b = &s->v[i];
		double sent = (double)(b->origin_bytes - a->origin_bytes);
		double played = (double)(b->played_bytes - a->played_bytes);

		fprintf(f, "%.1f ", (double)b->at / 1e9);
		if (played > 0)
			fprintf(f, "%.3f", 100 * (1 - sent / played));
		else
			fputs("nan", f);
		fprintf(f, " %.4f %" PRIu32 "\n", sent * 8 / 1e6 / (double)over,
		    b->present);
	}
	fputs("EOD\n", f);
}

void
sim_plot_script(FILE *f, const char *svg, const char *title,
    const struct tally *t)
{
	fputs("set terminal svg size 900,1100 background '#ffffff'\n"
	      "set output ",
	    f);
	quoted(f, svg);
	fputc('\n', f);
	put_lag(f, t);
	put_series(f, &t->series);
	fputs("set multiplot layout 3,1 title ", f);
	quoted(f, title);
	fprintf(f,
	    " noenhanced\nset grid\nunset key\nset xlabel 's'\n"
	    "set title 'lag: availability to completion'\n"
	    "set ylabel 'share of pieces'\nset yrange [0:1]\n"
	    "plot $lag using 1:2 with lines lw 2\n"
	    "set xrange [0:%.1f]\n",
	    t->series.n > 0 ? (double)t->series.v[t->series.n - 1].at / 1e9
			    : 1);
	fputs("set title 'offload'\nset ylabel '%'\nset yrange [0:100]\n"
	      "plot $time using 1:2 with lines lw 2\n"
	      "set title 'origin'\nset ylabel 'Mbit/s'\nset yrange [0:*]\n"
	      "set y2label 'viewers'\nset y2tics\nset y2range [0:*]\n"
	      "set ytics nomirror\nset key top right\n"
	      "plot $time using 1:3 with lines lw 2 title 'origin', "
	      "$time using 1:4 axes x1y2 with lines title 'viewers'\n"
	      "unset multiplot\nset output\n",
	    f);
}

/* Starts gnuplot with its input in *fd; its pid, -1 on failure. */
static pid_t
start(int *fd)
{
	int p[2];
	pid_t pid;

	if (pipe(p) < 0)
		return -1;
	fflush(NULL);
	pid = fork();
	if (pid == 0) {
		dup2(p[0], 0);
		close(p[0]);
		close(p[1]);
		execlp("gnuplot", "gnuplot", (char *)NULL);
		_exit(127);
	}
	close(p[0]);
	if (pid < 0)
		close(p[1]);
	*fd = p[1];
	return pid;
}

bool
sim_plot(const char *svg, const char *title, const struct tally *t)
{
	int fd, status = 0;
	pid_t pid;
	FILE *f;

	signal(SIGPIPE, SIG_IGN); /* gnuplot may be gone */
	pid = start(&fd);
	if (pid < 0 || (f = fdopen(fd, "w")) == NULL) {
		fprintf(stderr, "spate-sim: gnuplot: %s\n", strerror(errno));
		return false;
	}
	sim_plot_script(f, svg, title, t);
	fclose(f);
	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	if (WIFEXITED(status) && WEXITSTATUS(status) == 127)
		fputs("spate-sim: plot: gnuplot is not installed\n", stderr);
	else
		fprintf(stderr, "spate-sim: %s: gnuplot failed\n", svg);
	return false;
}
