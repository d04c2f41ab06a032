// How the threads that make keys are set up: apart from what is urgent. For
// core/crypto's own .cc files.
#ifndef PARLEY_CORE_CRYPTO_KEY_THREAD_H_
#define PARLEY_CORE_CRYPTO_KEY_THREAD_H_

namespace parley::crypto {

// Names the calling thread, blocks its signals and gives it the nice value,
// 0 to 19.
void PrepareKeyThread(const char* name, int niceness);

}  // namespace parley::crypto

#endif  // PARLEY_CORE_CRYPTO_KEY_THREAD_H_
