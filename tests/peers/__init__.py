"""What papermill, nbclient and jupyter_kernel_test test, on this project's engine: make peers."""
