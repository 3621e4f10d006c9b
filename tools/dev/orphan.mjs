// npm passes some signals on and dies of the others without a word, and so does a program that is killed: nobody could
// stop what they leave. So a command ends, as by the end of its terminal, when whoever started it for npm is gone.
// A command that was started without npm may outlive its shell.
const parent = process.ppid;

if (process.env.npm_lifecycle_event) {
  const timer = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(timer);
    process.kill(process.pid, 'SIGHUP');
  }, 500);
  timer.unref();
}
