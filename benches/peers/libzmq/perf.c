/* The four programs of zmtp/examples on libzmq, with the same arguments and the same output.
 *
 *   perf local_thr|remote_thr|local_lat|remote_lat ENDPOINT MESSAGE-SIZE COUNT [pushpull|pubsub]
 *
 *   cc -O2 -o perf perf.c -lzmq
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <zmq.h>

static void need(int good, const char *what) {
    if (!good) {
        fprintf(stderr, "%s: %s\n", what, zmq_strerror(zmq_errno()));
        exit(1);
    }
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static int by_time(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void unlimited(void *socket, int option) {
    int none = 0;
    need(zmq_setsockopt(socket, option, &none, sizeof none) == 0, "setsockopt");
}

static void receive(void *socket, zmq_msg_t *message, size_t size) {
    need(zmq_msg_recv(message, socket, 0) >= 0, "recv");
    if (zmq_msg_size(message) != size) {
        fprintf(stderr, "a message of the wrong size\n");
        exit(1);
    }
}

/* The body never changes: neither side copies it for its message. */
static void send_const(void *socket, const char *body, size_t size) {
    need(zmq_send_const(socket, body, size, 0) >= 0, "send");
}

static void local_thr(void *context, const char *endpoint, size_t size, long count, int pubsub) {
    void *socket = zmq_socket(context, pubsub ? ZMQ_SUB : ZMQ_PULL);
    if (pubsub) {
        unlimited(socket, ZMQ_RCVHWM);
        need(zmq_setsockopt(socket, ZMQ_SUBSCRIBE, "", 0) == 0, "subscribe");
    }
    need(zmq_bind(socket, endpoint) == 0, "bind");
    zmq_msg_t message;
    zmq_msg_init(&message);
    receive(socket, &message, size);
    double start = now();
    for (long i = 1; i < count; i++)
        receive(socket, &message, size);
    double rate = count / (now() - start);
    printf("message size: %zu [B]\nmessage count: %ld\n", size, count);
    printf("mean throughput: %.0f [msg/s]\n", rate);
    printf("mean throughput: %.3f [Mb/s]\n", rate * size * 8 / 1e6);
    zmq_msg_close(&message);
    zmq_close(socket);
}

static void remote_thr(void *context, const char *endpoint, size_t size, long count, int pubsub) {
    char *body = calloc(1, size + 1);
    /* An XPUB is a PUB that shows its subscriptions: the first one is waited for. */
    void *socket = zmq_socket(context, pubsub ? ZMQ_XPUB : ZMQ_PUSH);
    if (pubsub)
        unlimited(socket, ZMQ_SNDHWM);
    need(zmq_connect(socket, endpoint) == 0, "connect");
    if (pubsub) {
        zmq_msg_t subscription;
        zmq_msg_init(&subscription);
        need(zmq_msg_recv(&subscription, socket, 0) >= 0, "recv");
        zmq_msg_close(&subscription);
    }
    for (long i = 0; i < count; i++)
        send_const(socket, body, size);
    /* The body stays: what was sent may still be on its way. */
    zmq_close(socket);
}

static void local_lat(void *context, const char *endpoint, size_t size, long count) {
    void *socket = zmq_socket(context, ZMQ_REP);
    need(zmq_bind(socket, endpoint) == 0, "bind");
    zmq_msg_t message;
    zmq_msg_init(&message);
    for (long i = 0; i < count; i++) {
        receive(socket, &message, size);
        need(zmq_msg_send(&message, socket, 0) >= 0, "send");
    }
    zmq_msg_close(&message);
    zmq_close(socket);
}

static void remote_lat(void *context, const char *endpoint, size_t size, long count) {
    char *body = calloc(1, size + 1);
    double *times = calloc(count + 1, sizeof *times);
    void *socket = zmq_socket(context, ZMQ_REQ);
    need(zmq_connect(socket, endpoint) == 0, "connect");
    zmq_msg_t message;
    zmq_msg_init(&message);
    double begin = now();
    for (long i = 0; i < count; i++) {
        double start = now();
        send_const(socket, body, size);
        receive(socket, &message, size);
        times[i] = now() - start;
    }
    double elapsed = now() - begin;
    qsort(times, count, sizeof *times, by_time);
    printf("message size: %zu [B]\nroundtrip count: %ld\n", size, count);
    printf("average latency: %.3f [us]\n", elapsed * 1e6 / count / 2);
    printf("median roundtrip: %.3f [us]\n", times[count / 2] * 1e6);
    zmq_msg_close(&message);
    zmq_close(socket);
}

int main(int argc, char **argv) {
    if (argc < 5 || argc > 6) {
        fprintf(stderr, "usage: %s PROGRAM ENDPOINT MESSAGE-SIZE COUNT [pushpull|pubsub]\n", argv[0]);
        return 2;
    }
    size_t size = strtoul(argv[3], NULL, 10);
    long count = strtol(argv[4], NULL, 10);
    int pubsub = argc == 6 && strcmp(argv[5], "pubsub") == 0;
    void *context = zmq_ctx_new();
    if (strcmp(argv[1], "local_thr") == 0)
        local_thr(context, argv[2], size, count, pubsub);
    else if (strcmp(argv[1], "remote_thr") == 0)
        remote_thr(context, argv[2], size, count, pubsub);
    else if (strcmp(argv[1], "local_lat") == 0)
        local_lat(context, argv[2], size, count);
    else if (strcmp(argv[1], "remote_lat") == 0)
        remote_lat(context, argv[2], size, count);
    else {
        fprintf(stderr, "%s: no such program\n", argv[1]);
        return 2;
    }
    zmq_ctx_term(context);
    return 0;
}
