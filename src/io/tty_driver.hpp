// SPDX-License-Identifier: Apache-2.0
// tty_sl, the driver behind user_drv: a terminal in raw mode. It keeps the line that is being edited, so that deleting, inserting
// and moving redraw what they must. The first byte of output is an operation.
#pragma once

#include <termios.h>

#include <vector>

#include "io/stream_driver.hpp"

namespace athanor::io {

class TtyDriver : public StreamDriver {
 public:
  TtyDriver(Ports& ports, const PortOptions& options);
  ~TtyDriver() override;
  int start(Port& port) override;   // EINVAL where standard input is no terminal that can move its cursor
  void output(Port& port, std::string&& bytes) override;
  bool control(Port& port, uint32_t operation, std::string_view data, std::string& reply) override;
  void close(Port& port) override;

 protected:
  void received(Port& port, std::string_view bytes) override;

 private:
  enum Operation : uint8_t { kPut = 0, kMove = 1, kInsert = 2, kDelete = 3, kBeep = 4, kPutSync = 5 };
  void put(std::string_view text);
  void insert(std::string_view text);
  void remove(int count);
  void move(int count);
  enum class Then { More, LineBreak };
  void draw_from(size_t position, Then then = Then::More);   // characters of the line from there, cursor behind them
  void move_cursor(size_t from, size_t to);    // on the screen, over wrapped rows
  size_t column(size_t position) const;        // display columns before this character
  void update_width();
  void restore_terminal();

  std::string pending_;              // to be written to the terminal
  std::vector<char32_t> line_;       // the current line
  size_t position_ = 0;              // of the cursor in it
  size_t width_ = 80;
  bool unicode_ = true, raw_ = false;
  std::string partial_;              // begun UTF-8 sequence of the input
  struct termios saved_ = {};
};

}  // namespace athanor::io
